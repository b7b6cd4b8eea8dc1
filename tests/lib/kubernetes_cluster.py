"""The cluster that KUBECONFIG names, as tests look at it: with kubectl, not with the code under test."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import typing as t

#: Everything a tenant's namespace may hold.
KINDS = (
    "configmaps,secrets,services,serviceaccounts,deployments,horizontalpodautoscalers,networkpolicies,resourcequotas,"
    "limitranges,poddisruptionbudgets,leases"
)


def kubectl(*arguments: str, stdin: str | None = None, check: bool = True) -> str:
    """Output of kubectl, errors included where they are allowed.

    :raises AssertionError: with what it said.
    """
    assert os.environ.get("KUBECONFIG"), "KUBECONFIG must name the cluster; ./test.sh kubernetes sets it"
    done = subprocess.run(["kubectl", *arguments], input=stdin, capture_output=True, text=True, check=False)
    assert done.returncode == 0 or not check, f"kubectl {' '.join(arguments)}: {done.stderr}"
    return done.stdout.strip() if check else (done.stdout + done.stderr).strip()


def resource_versions(namespace: str) -> dict[str, str]:
    """resourceVersion of every object of a namespace: equal exactly when nothing was written to any.

    A Deployment's changes with its status; its metadata.generation tells changes of what is declared.
    """
    items: list[dict[str, t.Any]] = json.loads(kubectl("get", KINDS, "-n", namespace, "-o", "json"))["items"]
    return {
        f"{item['kind']}/{item['metadata']['name']}": _version(item)
        for item in items
        if item["kind"] not in ("ServiceAccount",) and item["metadata"]["name"] != "kube-root-ca.crt"
    }


def _version(item: dict[str, t.Any]) -> str:
    if item["kind"] in ("Deployment", "HorizontalPodAutoscaler", "ResourceQuota", "PodDisruptionBudget"):
        return json.dumps([item["spec"], item["metadata"].get("labels")], sort_keys=True)
    return str(item["metadata"]["resourceVersion"])


@functools.cache
def cluster_image() -> str:
    """An image with a shell that the cluster can run: SYSGENPRO_ODOO_TEST_IMAGE, or one that a node has.

    Odoo's by digest where it is there: admission policies let nothing else run in namespaces of a region.
    """
    named = os.environ.get("SYSGENPRO_ODOO_TEST_IMAGE")
    if named:
        return named
    nodes = json.loads(kubectl("get", "nodes", "-o", "json"))["items"]
    names = [name for node in nodes for image in node["status"].get("images", []) for name in image["names"]]
    found = [*sorted(name for name in names if "/odoo@sha256:" in name), *sorted(n for n in names if "/busybox" in n)]
    assert found, "no node has an image of Odoo or busybox; name one with a shell in SYSGENPRO_ODOO_TEST_IMAGE"
    return found[0]


def missing_image() -> str:
    """An image of the same repository that no registry has."""
    repository = cluster_image().split("@")[0]
    repository = repository if "@" in cluster_image() else repository.rpartition(":")[0]
    return f"{repository}@sha256:{'0' * 64}"
