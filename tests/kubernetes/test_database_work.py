"""Jobs on a real database of the region: installed module by module, upgraded, neutralised; under the lock that holds on Docker."""

from __future__ import annotations

import contextlib
import json
import threading
import time
import typing as t

import pytest
import throwaway_tenant
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters import postgresql
from kubernetes_cluster import kubectl
from local_region import ADDRESS, CA, ROOT, SECRETS
from region_tenant import Tenant, run

if t.TYPE_CHECKING:
    import subprocess

JOBS = Tenant("jobs_staging", "jobs-staging.localhost", 6432, 5500, 6379)
NAMESPACE = "local-jobs-staging"
SECRET = "{{ lookup('sysgenpro.odoo.secret', '%s') }}"
ARGUMENTS = {
    "tenant": "{{ lookup('sysgenpro.odoo.tenant') }}",
    "passwords": {
        "provisioner": SECRET % "postgresql/shared/provisioner",
        **{
            purpose: SECRET % f"{JOBS.name}/{purpose}"
            for purpose in ("database", "admin", "health", "health_key", "reporting")
        },
    },
}


class Inventory(t.NamedTuple):
    """What is run on the tenant."""

    path: str

    def playbook(self, *arguments: str, timeout: float = 600) -> subprocess.CompletedProcess[str]:
        sources = (*throwaway_tenant.INVENTORIES, "-i", self.path)
        return run("ansible-playbook", *sources, *arguments, timeout=timeout, cwd=ROOT)

    def modules(self, state: str, *arguments: str) -> dict[str, t.Any]:
        """What odoo_module returns."""
        sources = (*throwaway_tenant.INVENTORIES, "-i", self.path)
        call = ["-m", "sysgenpro.odoo.odoo_module", "-a", json.dumps({**ARGUMENTS, "state": state}), "--one-line"]
        done = run("ansible", *sources, JOBS.name, *call, *arguments, timeout=600, cwd=ROOT)
        assert done.returncode == 0, done.stdout + done.stderr
        found: dict[str, t.Any] = json.loads(done.stdout.split("=>", 1)[1])
        return found


@pytest.fixture(scope="module")
def inventory(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Inventory]:
    """A tenant with the modules that every one has, which is removed afterwards with its data."""
    folder = tmp_path_factory.mktemp("inventory")
    variables = {"odoo_environment": "staging", "odoo_packing": "compact", "odoo_host": JOBS.host, "odoo_modules": []}
    throwaway_tenant.write(folder, JOBS.name, "kubernetes", odoo_mail_policy="capture", **variables)
    made = Inventory(str(folder))
    remove = ("scripts/remove_tenants.yml", "-e", f"remove={JOBS.name}")
    assert made.playbook(*remove).returncode == 0
    yield made
    gone = made.playbook(*remove)
    assert gone.returncode == 0, gone.stdout[-3000:]


@contextlib.contextmanager
def watching() -> t.Iterator[set[str]]:
    """The components of the Jobs that were seen at work meanwhile."""
    seen: set[str] = set()
    done = threading.Event()

    def look() -> None:
        columns = "jsonpath={.items[*].metadata.labels.sysgenpro\\.odoo/component}"
        while not done.is_set():
            seen.update(kubectl("get", "jobs", "-n", NAMESPACE, "-o", columns, check=False).split())
            time.sleep(0.3)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield seen
    finally:
        done.set()
        watcher.join()


def installed(*names: str) -> set[str]:
    listed = ",".join(f"'{name}'" for name in names)
    done = JOBS.psql(f"SELECT name FROM ir_module_module WHERE state = 'installed' AND name IN ({listed})")
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def as_provisioner(statement: str) -> str:
    password = (SECRETS / "postgresql/shared/provisioner").read_text().strip()
    done = JOBS.psql(statement, user="provisioner", password=password, database="postgres", port=JOBS.primary_port)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def comment() -> dict[str, t.Any]:
    found: dict[str, t.Any] = json.loads(
        as_provisioner(f"SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '{JOBS.name}'")
    )
    return found


def test_a_job_installs_a_database_module_by_module(inventory: Inventory) -> None:
    with watching() as seen:
        done = inventory.playbook("playbooks/tenants.yml", "--tags", "odoo_data", "-e", "odoo_database_initialise=init")
    assert done.returncode == 0, done.stdout[-3000:]
    assert seen & {"template", "module"}, "no Job was at work"
    assert installed("base", "queue_job", "fs_attachment_s3", "contacts") == {"base", "queue_job", "fs_attachment_s3"}
    assert kubectl("get", "jobs,pods", "-n", NAMESPACE, "-o", "name") == ""
    assert "deployment" not in kubectl("get", "all", "-n", NAMESPACE, "-o", "name")


def test_a_job_installs_what_is_declared_later(inventory: Inventory) -> None:
    with watching() as seen:
        done = inventory.playbook(
            "playbooks/tenants.yml", "--tags", "odoo_data", "-e", '{"odoo_modules": ["contacts"]}'
        )
    assert done.returncode == 0, done.stdout[-3000:]
    assert "module" in seen
    assert installed("contacts") == {"contacts"}


def test_a_job_upgrades_once_a_release(inventory: Inventory) -> None:
    recorded = {**comment(), "release": "registry.example.com/odoo@sha256:" + "1" * 64}
    as_provisioner(f"COMMENT ON DATABASE {JOBS.name} IS '{json.dumps(recorded)}'")
    with watching() as seen:
        upgraded = inventory.modules("upgraded", "-e", '{"odoo_modules": ["contacts"]}')
    assert [step["action"] for step in upgraded["steps"]] == ["upgrade"]
    assert "module" in seen
    assert comment()["release"].startswith("registry.cluster.internal/")
    assert inventory.modules("upgraded", "-e", '{"odoo_modules": ["contacts"]}')["steps"] == []


def test_a_job_neutralises_once(inventory: Inventory) -> None:
    flag = "SELECT value FROM ir_config_parameter WHERE key = 'database.is_neutralized'"
    assert JOBS.psql(flag).stdout.strip() == ""
    with watching() as seen:
        assert [step["action"] for step in inventory.modules("neutralised")["steps"]] == ["neutralise"]
    assert "module" in seen
    assert JOBS.psql(flag).stdout.strip().lower() == "true"
    assert inventory.modules("neutralised")["steps"] == []


def test_the_lock_is_that_of_docker(inventory: Inventory) -> None:
    """Whoever works on the database anywhere in the region is waited for."""
    password = (SECRETS / "postgresql/shared/provisioner").read_text().strip()
    server = postgresql.Server(ADDRESS, JOBS.primary_port, str(CA))
    results: list[subprocess.CompletedProcess[str]] = []
    change = ("playbooks/tenants.yml", "--tags", "odoo_data", "-e", '{"odoo_modules": ["contacts", "calendar"]}')
    runner = threading.Thread(target=lambda: results.append(inventory.playbook(*change)))
    with (
        postgresql.connect(server, user="provisioner", password=password, database="postgres") as connection,
        postgresql.advisory_lock(connection, f"sysgenpro.odoo/{JOBS.name}"),
        watching() as seen,
    ):
        runner.start()
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        deadline = time.monotonic() + 60
        while as_provisioner(waiting) == "0":
            assert time.monotonic() < deadline, "the run did not wait for the lock"
            time.sleep(0.5)
        time.sleep(3)
        assert runner.is_alive()
        assert not seen
    runner.join()
    assert results[0].returncode == 0, results[0].stdout[-3000:]
    assert installed("calendar") == {"calendar"}
