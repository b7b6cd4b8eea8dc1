"""Tenants that sleep by a timetable, are woken by hand, and expire."""

from __future__ import annotations

import json
import shutil
import time
import typing as t

import pytest
import yaml
from local_region import recap
from tenant_checks import newest_export

from .conftest import CA, SECRETS, Tenant, containers, playbook, run

if t.TYPE_CHECKING:
    import subprocess
    from pathlib import Path

SATURDAY, TUESDAY = "2026-11-28T23:00+01:00", "2026-12-01T10:00+01:00"
HOURS = {"odoo_time_zone": "Europe/Paris", "odoo_awake_hours": ["Mon-Fri 07:00-20:00"]}
EPHEMERAL = {
    "odoo_environment": "dev",
    "odoo_tier": "standard",
    "odoo_hosting_model": "shared",
    "odoo_runtime": "docker",
    "odoo_packing": "compact",
    "odoo_host": "daytwo.localhost",
    "odoo_owner": "qa@example.com",
    # The region's files beside its inventory; this one comes from a source of its own.
    "certificates_path": str(SECRETS),
    "images_lock_file": str(SECRETS / "images.json"),
    "odoo_secret_path": str(SECRETS),
}
DAYTWO = Tenant("daytwo_dev", "daytwo.localhost", 6432, 5500, 6379)


class Region:
    """The local region with more said of some tenants, and with more places, by name."""

    def __init__(self, folder: Path, *places: str, **tenants: dict[str, t.Any]) -> None:
        self.source = folder / "more.yml"
        groups = {"tenants": {"hosts": tenants}, "docker_hosts": {"hosts": {place: {} for place in places}}}
        self.source.write_text(yaml.safe_dump({"all": {"children": groups}}))

    def playbook(self, name: str, *arguments: str, **options: t.Any) -> subprocess.CompletedProcess[str]:
        return playbook("-i", str(self.source), f"playbooks/{name}.yml", "-e", json.dumps(options), *arguments)

    def verb(self, name: str, *arguments: str, **options: t.Any) -> str:
        done = self.playbook(name, *arguments, **options)
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
        return done.stdout


@pytest.fixture
def region(tmp_path: Path, staging: Tenant) -> t.Iterator[Region]:
    """acme_staging with a timetable; awake again afterwards."""
    made = Region(tmp_path, **{staging.name: HOURS})
    yield made
    made.verb("wake", tenant=staging.name, odoo_rest_hours=0)


def served(tenant: Tenant) -> bool:
    """Whether its login page comes, at once or, on a busy machine, when Traefik has found the server healthy."""
    for _second in range(60):
        if tenant.curl("/web/login") == 200:
            return True
        time.sleep(1)
    return False


def page(host: str) -> str:
    return run("curl", "--silent", "--cacert", str(CA), "--include", f"https://{host}/web/login").stdout


def test_check_mode_names_who_would_sleep_and_touches_nobody(region: Region, staging: Tenant) -> None:
    said = region.verb("schedule", "--check", "--limit", staging.name, odoo_schedule_now=SATURDAY)
    assert "acme_staging: sleep, asleep until 2026-11-30T06:00:00Z" in said
    assert served(staging)


def test_a_tenant_sleeps_and_wakes_by_its_timetable(region: Region, staging: Tenant) -> None:
    label = f"sysgenpro.odoo/tenant={staging.name}"
    before = containers(label)
    said = region.verb("schedule", "--limit", staging.name, odoo_schedule_now=SATURDAY)
    assert recap(said)[staging.name] == 1
    for host in (staging.host, f"integration.{staging.host}"):
        answer = page(host)
        assert answer.startswith("HTTP/2 503")
        assert "Asleep" in answer
        assert "retry-after:" in answer.lower()
    assert containers(label) == []
    assert containers(label, everything=True) == before

    # tenants wakes nobody, and neither does the timetable's next run.
    assert recap(region.verb("tenants", "--limit", staging.name)) == {staging.name: 0}
    assert recap(region.verb("schedule", "--limit", staging.name, odoo_schedule_now=SATURDAY)) == {staging.name: 0}
    assert containers(label) == []
    assert "state: asleep" in region.verb("status", tenant=staging.name)
    assert "are as declared" in region.verb("drift", "--limit", staging.name)

    region.verb("schedule", "--limit", staging.name, odoo_schedule_now=TUESDAY)
    assert served(staging)
    assert containers(label) == before
    assert recap(region.verb("schedule", "--limit", staging.name, odoo_schedule_now=TUESDAY)) == {staging.name: 0}


def test_who_is_woken_by_hand_stays_awake(region: Region, staging: Tenant) -> None:
    region.verb("sleep", tenant=staging.name, odoo_rest_hours=1)
    assert staging.curl("/web/login") == 503
    region.verb("wake", tenant=staging.name, odoo_rest_hours=2)
    assert served(staging)
    said = region.verb("schedule", "--limit", staging.name)
    assert recap(said) == {staging.name: 0}
    assert served(staging)


def test_a_sleeper_answers_a_shell(region: Region, staging: Tenant) -> None:
    region.verb("sleep", tenant=staging.name)
    said = region.verb("shell", tenant=staging.name, odoo_shell_command='print("name:", env.cr.dbname)')
    assert f"name: {staging.name}" in said
    assert containers(f"sysgenpro.odoo/tenant={staging.name}") == []


def test_production_neither_sleeps_nor_expires(tmp_path: Path, acme: Tenant) -> None:
    done = Region(tmp_path, **{acme.name: HOURS}).playbook("schedule", "--limit", acme.name)
    assert done.returncode != 0
    assert "acme_production: odoo_awake_hours=['Mon-Fri 07:00-20:00']: must be unset" in done.stdout
    assert acme.curl("/web/login") == 200


def test_an_ephemeral_tenant_goes_with_a_dump_when_it_expires(tmp_path: Path) -> None:
    living = Region(tmp_path, **{DAYTWO.name: EPHEMERAL})
    living.verb("tenants", "--limit", DAYTWO.name)
    assert served(DAYTWO)
    expired = Region(tmp_path, **{DAYTWO.name: {**EPHEMERAL, "odoo_expires": "2026-11-01"}})
    said = expired.verb("tenants", "--limit", DAYTWO.name)
    assert f"Expired, and not touched: {DAYTWO.name}" in said
    assert served(DAYTWO)
    said = expired.verb("schedule", "--limit", DAYTWO.name)
    assert "its owner is qa@example.com" in said
    assert run("sha256sum", "--check", "--quiet", "SHA256SUMS", cwd=newest_export(DAYTWO.name)).returncode == 0
    assert containers(f"sysgenpro.odoo/tenant={DAYTWO.name}", everything=True) == []
    assert DAYTWO.psql("SELECT 1").returncode != 0
    assert recap(expired.verb("schedule", "--limit", DAYTWO.name)) == {DAYTWO.name: 0}
    assert recap(expired.verb("tenants", "--limit", DAYTWO.name)) == {DAYTWO.name: 0}
    shutil.rmtree(SECRETS / DAYTWO.name)
