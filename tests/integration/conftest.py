"""The local region as ./quickstart.sh left it, seen with other tools than those that built it."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import typing as t

import pytest
from local_region import ADDRESS, CA, PROXIES, ROOT, SECRETS
from localhost import https_status


def run(*argv: str, timeout: float = 120, check: bool = False, **kwargs: t.Any) -> subprocess.CompletedProcess[str]:
    """Run a command and return its result as text."""
    return subprocess.run(list(argv), capture_output=True, text=True, timeout=timeout, check=check, **kwargs)


@dataclasses.dataclass(frozen=True)
class Tenant:
    """What a test needs to know of a tenant."""

    name: str
    host: str
    pgbouncer_port: int
    primary_port: int
    redis_port: int

    @property
    def replica_port(self) -> int:
        return self.primary_port + 1

    def secret(self, purpose: str) -> str:
        return (SECRETS / self.name / purpose).read_text().strip()

    @property
    def url(self) -> str:
        return f"https://{self.host}"

    @property
    def bucket(self) -> str:
        return f"local-{self.name.replace('_', '-')}"

    def psql(
        self,
        statement: str,
        *,
        database: str = "",
        user: str = "",
        password: str = "",
        port: int = 0,
        sslmode: str = "verify-full",
    ) -> subprocess.CompletedProcess[str]:
        """Run a statement as the tenant's role, through PgBouncer unless told otherwise."""
        target = (
            f"host={PROXIES} port={port or self.pgbouncer_port} user={user or self.name} dbname={database or self.name} "
            f"sslmode={sslmode} sslrootcert={CA} connect_timeout=10"
        )
        return run(
            "psql",
            target,
            "-XAtc",
            statement,
            env={"PGPASSWORD": password or self.secret("database"), "PATH": "/usr/bin:/bin"},
        )

    def redis(self, *command: str) -> str:
        """Run a Redis command as the tenant's user; its output, errors included."""
        argv = [
            "redis-cli",
            "--tls",
            "--cacert",
            str(CA),
            "-h",
            ADDRESS,
            "-p",
            str(self.redis_port),
            "--user",
            self.name,
            "--no-auth-warning",
        ]
        done = run(*argv, *command, env={"REDISCLI_AUTH": self.secret("redis"), "PATH": "/usr/bin:/bin"})
        return (done.stdout + done.stderr).strip()

    def s3(self) -> t.Any:
        """A boto3 client with the tenant's key."""
        import boto3

        return boto3.client(
            "s3",
            endpoint_url=f"https://{ADDRESS}:8333",
            aws_access_key_id=self.secret("s3_access_key"),
            aws_secret_access_key=self.secret("s3_secret_key"),
            region_name="us-east-1",
            verify=str(CA),
        )

    def curl(self, path: str, *arguments: str, host: str = "") -> int:
        """HTTP status of a request, 0 where there was no answer."""
        return https_status(f"https://{host or self.host}{path}", CA, *arguments)


TENANTS = (
    Tenant("acme_production", "acme.localhost", 6432, 5500, 6379),
    Tenant("globex_production", "globex.localhost", 6442, 5510, 6389),
    Tenant("acme_staging", "acme-staging.localhost", 6432, 5500, 6379),
)


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
