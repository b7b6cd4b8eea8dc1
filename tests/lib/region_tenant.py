"""A tenant of the local region, seen with other tools than those that built it: psql, redis-cli, an S3 client, curl."""

from __future__ import annotations

import dataclasses
import subprocess
import typing as t

from local_region import ADDRESS, CA, PROXIES, SECRETS
from localhost import https_status, resolve_localhost

#: Paths that are not for people, each also written as a proxy might not recognise it.
BLOCKED = [
    "/xmlrpc/2/common",
    "//xmlrpc/2/common",
    "/./xmlrpc/2/common",
    "/web/../xmlrpc/2/common",
    "/%78mlrpc/2/common",
    "/XMLRPC/2/common",
    "/jsonrpc",
    "/json/2/res.partner/search",
    "/json/1/res.partner",
    "/web/database/manager",
    "/web/database/selector",
    "/web//database/manager",
    "/queue_job/runjob",
    "/queue_job/session",
]


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

    def json2(self, model: str, method: str, **arguments: t.Any) -> t.Any:
        """What Odoo's API answers to the health user, on the integration path."""
        import requests

        resolve_localhost()
        url = f"https://integration.{self.host}/json/2/{model}/{method}"
        headers = {"Authorization": f"bearer {self.secret('health_key')}"}
        answer = requests.post(url, json=arguments, headers=headers, verify=str(CA), timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def keys(self) -> set[str]:
        """Keys in the tenant's bucket."""
        return {item["Key"] for item in self.s3().list_objects_v2(Bucket=self.bucket).get("Contents", [])}

    def curl(self, path: str, *arguments: str, host: str = "") -> int:
        """HTTP status of a request, 0 where there was no answer."""
        return https_status(f"https://{host or self.host}{path}", CA, *arguments)


#: Those of inventories/local, on Docker.
TENANTS = (
    Tenant("acme_production", "acme.localhost", 6432, 5500, 6379),
    Tenant("globex_production", "globex.localhost", 6442, 5510, 6389),
    Tenant("acme_staging", "acme-staging.localhost", 6432, 5500, 6379),
)
#: Those of inventories/local-kubernetes, in the cluster beside it. Everything but their pods is the region's.
CLUSTER_TENANTS = (
    Tenant("initech_production", "initech.localhost", 6432, 5500, 6379),
    Tenant("initech_staging", "initech-staging.localhost", 6432, 5500, 6379),
)
