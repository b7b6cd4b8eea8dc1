"""The local region as ./quickstart.sh left it, seen with other tools than those that built it."""

from __future__ import annotations

import json
import typing as t

import pytest
from local_region import ADDRESS, CA, ROOT, SECRETS
from region_tenant import TENANTS, Tenant, run

if t.TYPE_CHECKING:
    import subprocess

__all__ = ["ADDRESS", "CA", "ROOT", "SECRETS", "TENANTS", "Tenant", "run"]


@pytest.fixture(params=TENANTS, ids=lambda tenant: tenant.name)
def tenant(request: pytest.FixtureRequest) -> Tenant:
    return t.cast("Tenant", request.param)


@pytest.fixture(scope="session")
def acme() -> Tenant:
    return TENANTS[0]


@pytest.fixture(scope="session")
def globex() -> Tenant:
    return TENANTS[1]


@pytest.fixture(scope="session")
def staging() -> Tenant:
    return TENANTS[2]


@pytest.fixture(scope="session")
def status() -> dict[str, t.Any]:
    """What ./quickstart.sh status says."""
    done = run(str(ROOT / "quickstart.sh"), "status", "--json", timeout=180)
    assert done.returncode == 0, done.stderr
    return t.cast("dict[str, t.Any]", json.loads(done.stdout))


def containers(label: str, *, everything: bool = False) -> list[str]:
    """Names of the running containers with a label."""
    argv = ["docker", "ps", "--format", "{{.Names}}", "--filter", f"label={label}"]
    return sorted(run(*argv, *(["--all"] if everything else []), check=True).stdout.split())


def playbook(*arguments: str, timeout: float = 900) -> subprocess.CompletedProcess[str]:
    """Run ansible-playbook on the local inventory."""
    return run(
        "ansible-playbook",
        "-i",
        "inventories/catalogue",
        "-i",
        "inventories/local",
        *arguments,
        timeout=timeout,
        cwd=ROOT,
    )
