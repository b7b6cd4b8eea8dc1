"""The table that ends the quickstart, and its form for machines."""

from __future__ import annotations

import typing as t

import pods
import region
import status
from listeners import Listener

if t.TYPE_CHECKING:
    from pathlib import Path


def inspected(name: str, labels: dict[str, str], state: dict[str, t.Any]) -> dict[str, t.Any]:
    return {"Id": name * 8, "Name": f"/{name}", "Config": {"Labels": labels}, "State": state}


TRAEFIK = inspected(
    "traefik", {"sysgenpro.odoo/component": "traefik"}, {"Status": "running", "Health": {"Status": "healthy"}}
)
WEB = inspected(
    "acme-web-1", {"sysgenpro.odoo/tenant": "acme_production"}, {"Status": "running", "Health": {"Status": "unhealthy"}}
)
CRON = inspected("acme-cron-1", {"sysgenpro.odoo/tenant": "acme_production"}, {"Status": "running"})


def test_a_containers_state_is_its_health_where_it_has_one() -> None:
    states = {container.name: container.state for container in region.parse([TRAEFIK, WEB, CRON])}
    assert states == {"traefik": "healthy", "acme-web-1": "unhealthy", "acme-cron-1": "running"}


def test_a_tenant_counts_its_healthy_containers() -> None:
    running = region.parse([TRAEFIK, WEB, CRON])
    assert status.tenant_state("acme_production", running) == "1/2 up"
    assert status.tenant_state("globex_production", running) == "absent"


def test_a_component_shows_its_network_address_before_its_loopback_one() -> None:
    (traefik,) = region.parse([TRAEFIK])
    sockets = [
        Listener("127.0.0.1", 8099, 1, "traefik", traefik.id),
        Listener("0.0.0.0", 443, 1, "traefik", traefik.id),
        Listener("0.0.0.0", 22, 2, "sshd", None),
    ]
    (row,) = status.component_rows([traefik], sockets)
    assert row["address"] == "0.0.0.0:443"
    assert row["addresses"] == ["0.0.0.0:443", "127.0.0.1:8099"]


def test_people_are_shown_loopback_addresses_only_where_there_are_no_others() -> None:
    assert status.shown(["0.0.0.0:443", "127.0.0.1:8099"]) == "0.0.0.0:443"
    assert status.shown(["127.0.0.1:8098"]) == "127.0.0.1:8098"
    assert status.shown([]) == "-"


def recap(**counts: int) -> dict[str, dict[str, int]]:
    return {"local1": {"changed": 0, "failures": 0, "unreachable": 0, **counts}}


def test_the_closing_sentence_says_what_the_run_did() -> None:
    assert status.conclusion(recap()) == "Nothing changed: the region is as declared."
    assert status.conclusion(recap(changed=3)) == "The last run made 3 changes."
    assert status.conclusion(recap(changed=3, failures=1)) == "The last run failed on local1."
    assert status.conclusion({}) == "No run has finished here."


def pod(name: str, labels: dict[str, str], *, ready: bool, phase: str = "Running", **metadata: str) -> dict[str, t.Any]:
    condition = {"type": "Ready", "status": "True" if ready else "False"}
    named = {"uid": name * 8, "name": name, "namespace": "local-initech-production", "labels": labels, **metadata}
    return {"metadata": named, "status": {"phase": phase, "conditions": [condition]}}


def test_a_pod_is_shown_as_a_container_is() -> None:
    tenant = {"sysgenpro.odoo/tenant": "initech_production"}
    found = [
        pod("web-2", tenant, ready=False, phase="Pending"),
        pod("web-1", tenant, ready=True),
        pod("web-0", tenant, ready=True, deletionTimestamp="2026-01-01T00:00:00Z"),
        pod("job-1", tenant, ready=False, phase="Succeeded"),
    ]
    rows = pods.parse(found)
    assert [(row.name.split("/")[1], row.state) for row in rows] == [
        ("web-0", "ending"),
        ("web-1", "healthy"),
        ("web-2", "pending"),
    ]
    assert status.tenant_state("initech_production", rows) == "1/3 up"


def test_a_region_without_a_cluster_has_no_pods(tmp_path: Path) -> None:
    assert pods.pods(tmp_path / "kubeconfig", "local") == []
