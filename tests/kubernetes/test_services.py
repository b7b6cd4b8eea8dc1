"""What runs in the cluster for all tenants: Traefik, Redis, PgBouncer; seen with curl, redis-cli and psql."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
import typing as t
from pathlib import Path

import pytest

from .conftest import PLATFORM, REGION_LABEL, TENANT_LABEL, TRAEFIK, Kubectl, Manifest

ROOT = Path(__file__).resolve().parents[2]
#: Certificates and secrets are the local region's, as inventories/local-kubernetes says.
SECRETS = ROOT / "inventories/local/.secrets/local"
CA = SECRETS / "ca/ca.crt"
HTTP, HTTPS = 30080, 30443


def curl(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["curl", "-sS", "--max-time", "10", *arguments], capture_output=True, text=True, timeout=20, check=False
    )


class Probe(t.NamedTuple):
    """A pod that stays, in which commands run."""

    kubectl: Kubectl
    namespace: str

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return self.kubectl("exec", "-n", self.namespace, "probe", "--", *command, check=False)


def start_probe(kubectl: Kubectl, namespace: str, image: str) -> Probe:
    """A pod of an image of the region that sleeps, with the region's authority and a tenant's password as files."""
    tenant = "acme_production"
    files = {"ca.crt": CA.read_text(), "password": (SECRETS / tenant / "database").read_text()}
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "probe", "namespace": namespace},
        "stringData": files,
    }
    user = {"runAsNonRoot": True, "runAsUser": 999, "seccompProfile": {"type": "RuntimeDefault"}}
    container = {
        "name": "probe",
        "image": image,
        "command": ["sleep", "3600"],
        "resources": {"limits": {"cpu": "200m", "memory": "128Mi"}},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "volumeMounts": [{"name": "files", "mountPath": "/probe"}],
    }
    pod: Manifest = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "probe", "namespace": namespace, "labels": {TENANT_LABEL: "probe"}},
        "spec": {
            "securityContext": user,
            "terminationGracePeriodSeconds": 0,
            "containers": [container],
            "volumes": [{"name": "files", "secret": {"secretName": "probe"}}],
        },
    }
    for manifest in (secret, pod):
        kubectl("create", "-f", "-", manifest=manifest)
    kubectl("wait", "-n", namespace, "pod/probe", "--for=condition=Ready", "--timeout=90s")
    return Probe(kubectl, namespace)


@pytest.fixture(scope="module")
def postgresql_image(images: dict[str, str]) -> str:
    """Beside PgBouncer's image, under the digest the stage handed over."""
    known: dict[str, str] = json.loads(Path(os.environ["KUBERNETES_IMAGES"]).read_text())
    assert known["pgbouncer"] == images["pgbouncer"], "the platform runs other images than those handed over"
    return known["postgresql"]


@pytest.fixture(scope="module")
def tenant(kubectl: Kubectl, make_namespace: t.Callable[..., str], region: str, postgresql_image: str) -> Probe:
    namespace = make_namespace(**{REGION_LABEL: region, TENANT_LABEL: "probe"})
    return start_probe(kubectl, namespace, postgresql_image)


@pytest.fixture(scope="module")
def stranger(kubectl: Kubectl, make_namespace: t.Callable[..., str], postgresql_image: str) -> Probe:
    return start_probe(kubectl, make_namespace(), postgresql_image)


def test_two_traefiks_are_ready_and_one_may_go(kubectl: Kubectl) -> None:
    deployment = kubectl.get("deployment", "traefik", "-n", TRAEFIK)
    assert deployment["status"]["readyReplicas"] >= 2
    budget = kubectl.get("poddisruptionbudget", "traefik", "-n", TRAEFIK)
    assert budget["status"]["disruptionsAllowed"] == 1


def test_traefik_answers_with_the_regions_certificate() -> None:
    answer = curl("--cacert", str(CA), "-o", "/dev/null", "-w", "%{http_code}", f"https://localhost:{HTTPS}/")
    assert (answer.returncode, answer.stdout) == (0, "404"), answer.stderr
    assert curl(f"https://localhost:{HTTPS}/").returncode == 60, "another authority's word was enough"


def test_a_name_without_a_certificate_gets_no_connection() -> None:
    target = f"unknown.test:{HTTPS}"
    answer = curl("-k", "--resolve", f"{target}:127.0.0.1", f"https://{target}/")
    assert answer.returncode == 35, answer.stderr
    assert "unrecognized name" in answer.stderr


def test_traefik_is_replaced_without_a_gap(kubectl: Kubectl) -> None:
    """Each request on a connection of its own, while every pod is exchanged."""
    answers: list[str] = []
    replaced = threading.Event()

    def ask() -> None:
        while not replaced.is_set():
            answer = curl("--cacert", str(CA), "-o", "/dev/null", "-w", "%{http_code}", f"https://localhost:{HTTPS}/")
            answers.append(answer.stdout if answer.returncode == 0 else answer.stderr)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        kubectl("rollout", "restart", "deployment/traefik", "-n", TRAEFIK)
        kubectl("rollout", "status", "deployment/traefik", "-n", TRAEFIK, "--timeout=110s")
        time.sleep(8)  # the last of the old ones still accepts connections for some seconds
    finally:
        replaced.set()
        asking.join()
    assert len(answers) > 50
    assert set(answers) == {"404"}


def test_http_leads_to_https() -> None:
    answer = curl("-o", "/dev/null", "-w", "%{http_code} %{redirect_url}", f"http://localhost:{HTTP}/web")
    assert answer.stdout == "301 https://localhost/web"


def test_redis_wants_a_login_over_tls(tenant: Probe) -> None:
    host = f"redis-shared.{PLATFORM}.svc"
    speak = (
        "(echo PING; sleep 2) | timeout 10 openssl s_client -quiet -verify_return_error -CAfile /probe/ca.crt "
        f"-verify_hostname {host} -connect {host}:6379"
    )
    assert "-NOAUTH" in tenant.run("sh", "-c", speak).stdout


def psql(probe: Probe, ca: str = "/probe/ca.crt") -> subprocess.CompletedProcess[str]:
    address = (
        f"host=pgbouncer-shared.{PLATFORM}.svc port=6432 dbname=acme_production user=acme_production connect_timeout=5"
    )
    command = f'PGPASSWORD=$(cat /probe/password) psql -XAtc "SELECT current_database()" "{address} sslmode=verify-full sslrootcert={ca}"'
    return probe.run("sh", "-c", command)


def test_a_tenant_reaches_its_database_through_pgbouncer(tenant: Probe) -> None:
    answer = psql(tenant)
    assert answer.stdout == "acme_production\n", answer.stderr


def test_pgbouncer_proves_who_it_is(tenant: Probe) -> None:
    assert "certificate verify failed" in psql(tenant, ca="/etc/ssl/certs/ca-certificates.crt").stderr


def test_each_pgbouncer_has_a_way_to_the_primary_of_its_own(kubectl: Kubectl) -> None:
    servers = set()
    for item in kubectl.get("pods", "-n", PLATFORM, "-l", "app.kubernetes.io/name=pgbouncer-shared")["items"]:
        name = item["metadata"]["name"]
        configuration = kubectl("exec", "-n", PLATFORM, name, "--", "cat", "/etc/pgbouncer/pgbouncer.ini").stdout
        servers.add(next(line for line in configuration.splitlines() if line.startswith("* =")))
    assert len(servers) == 2


@pytest.mark.parametrize(("host", "port"), [("redis-shared", 6379), ("pgbouncer-shared", 6432)])
def test_only_tenants_reach_the_services(tenant: Probe, stranger: Probe, host: str, port: int) -> None:
    connect = f"exec 3<>/dev/tcp/{host}.{PLATFORM}.svc/{port}"
    assert tenant.run("timeout", "5", "bash", "-c", connect).returncode == 0
    assert stranger.run("timeout", "5", "bash", "-c", connect).returncode == 124
