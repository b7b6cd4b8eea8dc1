"""What a tenant's pods reach and who reaches them, tried from inside of pods under the policies that are enforced.

The same attempts succeed when the policies are removed: what refuses them is the policies and nothing else.
"""

from __future__ import annotations

import json
import time
import typing as t

import pytest
from rendered_tenants import IMAGE, apply, kubectl, remove_namespaces, rendered

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from ansible_collections.sysgenpro.odoo.plugins.module_utils._render.kubernetes.types import Desired

REGION = "network"
SERVICES, EDGE = "network-services", "network-edge"
DATABASE, PRIMARY, REDIS, OTHER = 6432, 5500, 6379, 9999
WEB = 8069
#: Listens on each port and closes what it accepts.
LISTEN = """
import socket, sys, threading
def serve(port):
    server = socket.create_server(("0.0.0.0", port))
    while True: server.accept()[0].close()
for port in sys.argv[1:]: threading.Thread(target=serve, args=(int(port),)).start()
"""
#: Prints for each "host port" whether a connection is made.
TRY = """
import json, socket, sys
def reached(host, port):
    try: socket.create_connection((host, port), timeout=2).close()
    except OSError: return False
    return True
print(json.dumps([reached(*pair) for pair in json.loads(sys.argv[1])]))
"""
Target = tuple[str, int]


def pod(namespace: str, name: str, labels: dict[str, str], *ports: int) -> dict[str, t.Any]:
    confined = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "readOnlyRootFilesystem": True}
    amounts = {"cpu": "100m", "memory": "64Mi"}
    container = {
        "name": "odoo",
        "image": IMAGE,
        "command": ["python3", "-c", LISTEN, *map(str, ports)],
        "ports": [{"name": "http", "containerPort": ports[0]}],
        "resources": {"requests": amounts, "limits": amounts},
        "securityContext": confined,
        "readinessProbe": {"tcpSocket": {"port": ports[0]}, "periodSeconds": 1},
    }
    spec = {
        "containers": [container],
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 0,
        "securityContext": {"runAsNonRoot": True, "runAsUser": 101, "seccompProfile": {"type": "RuntimeDefault"}},
    }
    metadata = {"name": name, "namespace": namespace, "labels": labels}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def tenant(name: str) -> Desired:
    services = f"stand-in.{SERVICES}.svc"
    return rendered(
        name,
        REGION,
        odoo_postgresql_clusters={
            "shared": {"host": services, "port": DATABASE, "primary_port": PRIMARY, "max_connections": 300}
        },
        odoo_redis_instances={"shared": {"host": services, "port": REDIS}},
        odoo_kubernetes_traefik_namespace=EDGE,
    )


def pod_labels(desired: Desired, workload: str) -> dict[str, str]:
    return {**desired.labels, "sysgenpro.odoo/workload": workload}


def reached(namespace: str, name: str, *targets: Target) -> list[bool]:
    answer: list[bool] = json.loads(
        kubectl("exec", f"--namespace={namespace}", name, "--", "python3", "-c", TRY, json.dumps(targets))
    )
    return answer


@pytest.fixture(scope="module")
def tenants() -> Iterator[tuple[Desired, Desired]]:
    """Two tenants without Odoo: pods that listen stand for it, for the services and for Traefik."""
    first, second = tenant("first"), tenant("second")
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "stand-in", "namespace": SERVICES},
        "spec": {
            "selector": {"app": "stand-in"},
            "ports": [{"name": f"p{port}", "port": port} for port in (DATABASE, PRIMARY, REDIS, OTHER)],
        },
    }
    try:
        apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in (SERVICES, EDGE)])
        apply([service, pod(SERVICES, "stand-in", {"app": "stand-in"}, DATABASE, PRIMARY, REDIS, OTHER)])
        apply([pod(EDGE, "edge", {}, WEB)])
        for desired in (first, second):
            apply([item for item in desired.in_apply_order if item["kind"] != "Deployment"])
            apply([pod(desired.namespace, "web", pod_labels(desired, "web"), WEB, OTHER)])
            apply([pod(desired.namespace, "job", pod_labels(desired, "job"), OTHER)])
        for namespace in (SERVICES, EDGE, first.namespace, second.namespace):
            kubectl("wait", f"--namespace={namespace}", "--for=condition=Ready", "pod", "--all", "--timeout=180s")
        wait_until_enforced(first)
        yield first, second
    finally:
        remove_namespaces(first.namespace, second.namespace, SERVICES, EDGE)


def wait_until_enforced(desired: Desired) -> None:
    """A policy takes some seconds from the API server to the node."""
    deadline = time.monotonic() + 30
    while reached(desired.namespace, "web", (f"stand-in.{SERVICES}.svc", OTHER)) != [False]:
        assert time.monotonic() < deadline, "no policy is enforced: does the cluster's network know NetworkPolicies?"


def outside(second: Desired) -> list[Target]:
    """What a tenant's pod must not reach: a neighbour by name and by address, the API server, another port of a service."""
    address = kubectl("get", "pod", "web", f"--namespace={second.namespace}", "--output=jsonpath={.status.podIP}")
    return [
        (f"web.{second.namespace}.svc", WEB),
        (address, WEB),
        ("kubernetes.default.svc", 443),
        (f"stand-in.{SERVICES}.svc", OTHER),
    ]


def test_pods_reach_the_services_of_the_tenant(tenants: tuple[Desired, Desired]) -> None:
    services = f"stand-in.{SERVICES}.svc"
    assert reached(tenants[0].namespace, "web", (services, DATABASE), (services, REDIS)) == [True, True]
    assert reached(tenants[0].namespace, "web", (services, PRIMARY)) == [False]


def test_jobs_reach_the_primary_and_no_sessions(tenants: tuple[Desired, Desired]) -> None:
    services = f"stand-in.{SERVICES}.svc"
    assert reached(tenants[0].namespace, "job", (services, PRIMARY), (services, REDIS)) == [True, False]


def test_traefik_alone_reaches_the_pods_and_one_port_of_them(tenants: tuple[Desired, Desired]) -> None:
    first, second = tenants
    assert reached(EDGE, "edge", *((f"web.{item.namespace}.svc", WEB) for item in tenants)) == [True, True]
    address = kubectl("get", "pod", "web", f"--namespace={first.namespace}", "--output=jsonpath={.status.podIP}")
    assert reached(EDGE, "edge", (address, OTHER)) == [False]
    assert reached(SERVICES, "stand-in", (address, WEB)) == [False]
    assert reached(second.namespace, "web", (address, WEB)) == [False]


def test_what_is_refused_is_reached_once_the_policies_are_gone(tenants: tuple[Desired, Desired]) -> None:
    first, second = tenants
    targets = outside(second)
    assert reached(first.namespace, "web", *targets) == [False] * len(targets)
    for desired in tenants:
        kubectl("delete", "networkpolicy", "--all", f"--namespace={desired.namespace}")
    deadline = time.monotonic() + 30
    found = reached(first.namespace, "web", *targets)
    while not all(found) and time.monotonic() < deadline:
        found = reached(first.namespace, "web", *targets)
    assert found == [True] * len(targets)
