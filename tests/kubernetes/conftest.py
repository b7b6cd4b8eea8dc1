"""A cluster that playbook kubernetes has prepared: the one of KUBECONFIG, else the one of ./cluster.sh."""

from __future__ import annotations

import copy
import dataclasses
import json
import os
import subprocess
import typing as t
import uuid
from pathlib import Path

import pytest

CLUSTER = Path(__file__).parent / "cluster.sh"
PLATFORM = "sysgenpro-platform"
TRAEFIK = "traefik"
REGION_LABEL = "sysgenpro.odoo/region"
TENANT_LABEL = "sysgenpro.odoo/tenant"

Manifest = dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Kubectl:
    """Kubectl on the cluster, as its administrator or, with ``user``, as somebody else."""

    command: tuple[str, ...]

    def __call__(
        self, *arguments: str, manifest: Manifest | None = None, check: bool = True, timeout: float = 120
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self.command, *arguments],
            input=json.dumps(manifest) if manifest else None,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=check,
        )

    def get(self, *arguments: str) -> Manifest:
        found: Manifest = json.loads(self("get", "-o", "json", *arguments).stdout)
        return found

    def try_create(self, manifest: Manifest) -> subprocess.CompletedProcess[str]:
        """Send the object through admission without keeping it."""
        return self("create", "--dry-run=server", "-f", "-", manifest=manifest, check=False)

    def as_account(self, name: str) -> Kubectl:
        return Kubectl((*self.command, "--as", f"system:serviceaccount:{PLATFORM}:{name}"))

    def may(self, verb: str, resource: str, *arguments: str) -> bool:
        return self("auth", "can-i", verb, resource, *arguments, check=False).stdout.strip() == "yes"


@pytest.fixture(scope="session")
def kubectl() -> Kubectl:
    if os.environ.get("KUBECONFIG"):
        return Kubectl(("kubectl",))
    return Kubectl((str(CLUSTER), "kubectl"))


@pytest.fixture(scope="session")
def region(kubectl: Kubectl) -> str:
    name: str = kubectl.get("namespace", PLATFORM)["metadata"]["labels"][REGION_LABEL]
    return name


@pytest.fixture(scope="session")
def make_namespace(kubectl: Kubectl) -> t.Iterator[t.Callable[..., str]]:
    """Namespaces with the labels given, until the tests have ended."""
    made: list[str] = []

    def make(**labels: str) -> str:
        name = f"test-{uuid.uuid4().hex[:8]}"
        manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
        kubectl("create", "-f", "-", manifest=manifest)
        made.append(name)
        return name

    yield make
    if made:
        kubectl("delete", "namespace", "--wait=false", *made, check=False)


@pytest.fixture(scope="session")
def tenant_namespace(make_namespace: t.Callable[..., str], region: str) -> str:
    """A tenant's namespace, without Pod Security: what is refused there is refused by admission policies alone."""
    return make_namespace(**{REGION_LABEL: region, TENANT_LABEL: "probe"})


@pytest.fixture(scope="session")
def foreign_namespace(make_namespace: t.Callable[..., str]) -> str:
    """A namespace that is none of the region's."""
    return make_namespace()


@pytest.fixture(scope="session")
def images(kubectl: Kubectl) -> dict[str, str]:
    """References of the images the platform itself runs, by name of the container."""
    found: dict[str, str] = {}
    for namespace in (PLATFORM, TRAEFIK):
        for item in kubectl.get("deployments,statefulsets", "-n", namespace)["items"]:
            for container in item["spec"]["template"]["spec"]["containers"]:
                found[container["name"]] = container["image"]
    return found


@pytest.fixture
def pod(images: dict[str, str], tenant_namespace: str) -> Manifest:
    """A pod that every policy admits."""
    confined = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    container = {
        "name": "probe",
        "image": images["traefik"],
        "resources": {"limits": {"cpu": "100m", "memory": "64Mi"}},
        "securityContext": confined,
    }
    user = {"runAsNonRoot": True, "runAsUser": 999, "seccompProfile": {"type": "RuntimeDefault"}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "probe", "namespace": tenant_namespace, "labels": {TENANT_LABEL: "probe"}},
        "spec": {"securityContext": user, "containers": [copy.deepcopy(container)]},
    }
