"""A tenant of the cluster that sleeps by a timetable and is woken by hand, seen with kubectl and curl."""

from __future__ import annotations

import json
import time
import typing as t

import pytest
import yaml
from kubernetes_cluster import kubectl
from local_region import CA, recap
from region_cluster import namespace, playbook, pods
from region_tenant import CLUSTER_TENANTS, run

if t.TYPE_CHECKING:
    from pathlib import Path

STAGING = CLUSTER_TENANTS[1]
SATURDAY, TUESDAY = "2026-11-28T23:00+01:00", "2026-12-01T10:00+01:00"
HOURS = {"odoo_time_zone": "Europe/Paris", "odoo_awake_hours": ["Mon-Fri 07:00-20:00"]}


class Region:
    """The region and its cluster, with a timetable for one tenant."""

    def __init__(self, folder: Path) -> None:
        self.source = folder / "hours.yml"
        self.source.write_text(yaml.safe_dump({"all": {"children": {"tenants": {"hosts": {STAGING.name: HOURS}}}}}))

    def verb(self, name: str, *arguments: str, **options: t.Any) -> str:
        done = playbook("-i", str(self.source), f"playbooks/{name}.yml", "-e", json.dumps(options), *arguments)
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
        return done.stdout


@pytest.fixture
def region(tmp_path: Path) -> t.Iterator[Region]:
    made = Region(tmp_path)
    yield made
    made.verb("wake", tenant=STAGING.name, odoo_rest_hours=0)


def served() -> bool:
    for _second in range(60):
        if STAGING.curl("/web/login") == 200:
            return True
        time.sleep(1)
    return False


def test_a_tenant_sleeps_and_wakes_by_its_timetable(region: Region) -> None:
    said = region.verb("schedule", "--check", "--limit", STAGING.name, odoo_schedule_now=SATURDAY)
    assert f"{STAGING.name}: sleep" in said
    assert set(pods(STAGING).values()) == {"web"}

    region.verb("schedule", "--limit", STAGING.name, odoo_schedule_now=SATURDAY)
    assert set(pods(STAGING).values()) == {"page"}
    for host in (STAGING.host, f"integration.{STAGING.host}"):
        answer = run("curl", "--silent", "--cacert", str(CA), "--include", f"https://{host}/web/login?a=b").stdout
        assert answer.startswith("HTTP/2 503")
        assert "Asleep" in answer
        assert "retry-after: 30" in answer.lower()
    left = kubectl("get", "deployments,horizontalpodautoscalers,replicasets", "-n", namespace(STAGING), "-o", "name")
    assert [line for line in left.splitlines() if "/page" not in line] == []

    # tenants wakes nobody, and neither does the timetable's next run.
    assert "1 tenant: 1 as declared" in region.verb("tenants", "--limit", STAGING.name)
    again = region.verb("schedule", "--limit", STAGING.name, odoo_schedule_now=SATURDAY)
    assert recap(again) == {STAGING.name: 0}
    assert "state: asleep" in region.verb("status", tenant=STAGING.name)
    assert "are as declared" in region.verb("drift", "--limit", STAGING.name)
    said = region.verb("shell", tenant=STAGING.name, odoo_shell_command='print("name:", env.cr.dbname)')
    assert f"name: {STAGING.name}" in said

    region.verb("schedule", "--limit", STAGING.name, odoo_schedule_now=TUESDAY)
    assert served()
    assert set(pods(STAGING).values()) == {"web"}
    assert "1 tenant: 1 as declared" in region.verb("tenants", "--limit", STAGING.name)


def test_a_sleepers_page_that_was_changed_by_hand_is_mended_without_waking_it(region: Region) -> None:
    region.verb("sleep", tenant=STAGING.name)
    kubectl("scale", "deployment", "page", "-n", namespace(STAGING), "--replicas=0")
    region.verb("tenants", "--limit", STAGING.name)
    assert set(pods(STAGING).values()) == {"page"}


def test_a_waking_that_fails_leaves_the_page(region: Region) -> None:
    region.verb("sleep", tenant=STAGING.name)
    missing = f"{STAGING.name}.example.invalid/odoo@sha256:{'0' * 64}"
    options = {"tenant": STAGING.name, "odoo_image": missing, "odoo_start_timeout": 15}
    done = playbook("-i", str(region.source), "playbooks/wake.yml", "-e", json.dumps(options))
    assert done.returncode != 0
    assert STAGING.curl("/web/login") == 503
    assert set(pods(STAGING).values()) == {"page"}
    assert "state: asleep" in region.verb("status", tenant=STAGING.name)
