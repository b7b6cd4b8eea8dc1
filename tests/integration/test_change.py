"""Changes, faults and restarts on the running region."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time

from local_region import recap
from tenant_checks import check_export, newest_export

from .conftest import ROOT, Tenant, containers, playbook, run


def test_a_converged_tenant_changes_nothing(tenant: Tenant) -> None:
    first = playbook("playbooks/tenants.yml", "--limit", tenant.name)
    assert first.returncode == 0, first.stdout[-3000:]
    done = playbook("playbooks/tenants.yml", "--limit", tenant.name)
    assert done.returncode == 0, done.stdout[-3000:]
    assert recap(done.stdout) == {tenant.name: 0}


def test_check_mode_shows_a_change_and_makes_none(acme: Tenant) -> None:
    before = containers(f"sysgenpro.odoo/tenant={acme.name}")
    done = playbook("playbooks/tenants.yml", "--limit", acme.name, "--check", "--diff", "-e", "odoo_web_replicas=3")
    assert done.returncode == 0, done.stdout[-3000:]
    assert "create_container" in done.stdout
    for purpose in ("database", "redis", "s3_secret_key", "master", "admin"):
        assert acme.secret(purpose) not in done.stdout
    assert containers(f"sysgenpro.odoo/tenant={acme.name}") == before


def test_a_bad_variable_changes_nothing_and_names_everything(acme: Tenant) -> None:
    done = playbook("playbooks/tenants.yml", "--limit", acme.name, "-e", '{"odoo_web_workers": 0, "odoo_wokers": 1}')
    assert done.returncode != 0
    assert "acme_production: odoo_web_workers=0: must be a whole number from 1 to 32" in done.stdout
    assert "odoo_wokers is not a variable of a tenant; did you mean odoo_web_workers?" in done.stdout
    assert set(recap(done.stdout).values()) == {0}


def test_a_release_that_never_starts_leaves_the_old_one_serving(staging: Tenant) -> None:
    """The image of another component stands in for a release that cannot start."""
    lock = json.loads((ROOT / "inventories/local/.secrets/local/images.json").read_text())
    before = containers(f"sysgenpro.odoo/tenant={staging.name}")
    done = playbook(
        "playbooks/tenants.yml",
        "--limit",
        staging.name,
        "-e",
        f"odoo_image={lock['mail']['image']}",
        "-e",
        "odoo_start_timeout=20",
    )
    assert done.returncode != 0
    assert "what ran before runs on" in done.stdout
    assert containers(f"sysgenpro.odoo/tenant={staging.name}") == before
    assert containers(f"sysgenpro.odoo/tenant={staging.name}", everything=True) == before
    assert staging.curl("/web/login") == 200


def descendants(pid: int) -> list[int]:
    """A process and everything below it: Ansible's workers and modules lead sessions of their own."""
    parents = [line.split() for line in run("ps", "-eo", "pid=,ppid=", check=True).stdout.splitlines()]
    found = [pid]
    for ancestor in found:
        found += [int(child) for child, parent in parents if int(parent) == ancestor]
    return found


def test_a_killed_run_is_finished_by_the_next(acme: Tenant) -> None:
    """Killed with everything it started, at several points of a replacement; nothing is left over afterwards."""
    argv = [
        "ansible-playbook",
        "-i",
        "inventories/catalogue",
        "-i",
        "inventories/local",
        "playbooks/tenants.yml",
        "--limit",
        acme.name,
    ]
    change = ["-e", '{"odoo_config": {"limit_time_cpu": 90}}']
    for delay in (6, 9, 14):
        process = subprocess.Popen(
            [*argv, *change], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        time.sleep(delay)
        for pid in descendants(process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()
        assert acme.curl("/web/login") == 200
    done = playbook("playbooks/tenants.yml", "--limit", acme.name)
    assert done.returncode == 0, done.stdout[-3000:]
    assert len(containers(f"sysgenpro.odoo/tenant={acme.name}", everything=True)) == 5
    assert recap(playbook("playbooks/tenants.yml", "--limit", acme.name).stdout) == {acme.name: 0}


def test_a_container_removed_by_hand_comes_back(acme: Tenant) -> None:
    cron = next(name for name in containers(f"sysgenpro.odoo/tenant={acme.name}") if "-cron-" in name)
    run("docker", "rm", "-f", cron, check=True)
    done = playbook("playbooks/tenants.yml", "--limit", acme.name)
    assert done.returncode == 0, done.stdout[-3000:]
    assert len(containers(f"sysgenpro.odoo/tenant={acme.name}")) == 5


def test_decommissioning_needs_the_name(staging: Tenant) -> None:
    done = playbook("playbooks/decommission.yml", "-e", f"tenant={staging.name}", "-e", "odoo_confirm=something")
    assert done.returncode != 0
    assert f"must be the tenant's name, {staging.name}" in done.stdout
    assert staging.curl("/web/login") == 200


def test_a_tenant_is_decommissioned_with_a_dump_and_made_again(staging: Tenant, acme: Tenant) -> None:
    done = playbook("playbooks/decommission.yml", "-e", f"tenant={staging.name}", "-e", f"odoo_confirm={staging.name}")
    assert done.returncode == 0, done.stdout[-3000:]
    check_export(newest_export(staging.name))
    assert containers(f"sysgenpro.odoo/tenant={staging.name}", everything=True) == []
    assert staging.psql("SELECT 1").returncode != 0
    # Nor is there anything that a restore kept aside.
    kept = acme.psql("SELECT datname FROM pg_database").stdout
    assert acme.name in kept
    assert staging.name not in kept
    again = playbook("playbooks/tenants.yml", "--limit", staging.name)
    assert again.returncode == 0, again.stdout[-3000:]
    assert staging.curl("/web/login") == 200
