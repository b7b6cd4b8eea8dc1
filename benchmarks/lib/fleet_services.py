"""A real PostgreSQL and a real Redis for a fleet, from the images of the local region, with certificates of the fleet's authority."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import time
import typing as t

import psycopg2
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters import (
    postgresql,
    postgresql_catalog,
    redis_server,
)
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters.postgresql import PROVISIONER, Server
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge import redis_user as redis_runner
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model import redis_user
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.capacity import connection_budget
from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan import catalog, database
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render import reporting
from fleet_machines import GATEWAY
from measuring import ROOT, say

if t.TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.fleet_request import Asked

POSTGRESQL_PORT = 5589
REDIS_PORT = 6589
CONNECTIONS = 100_000
PASSWORD = "provisioner-of-a-benchmark"
CLUSTER = {"host": GATEWAY, "port": POSTGRESQL_PORT, "primary_port": POSTGRESQL_PORT, "max_connections": CONNECTIONS}
REDIS = {"host": GATEWAY, "port": REDIS_PORT}
_VERSION = ROOT / "collections/ansible_collections/sysgenpro/odoo/roles/postgresql/templates/password_version.sql.j2"
_USER = 999


class Services:
    """Both services, in containers of this machine's engine. Use it as a context manager.

    :param secrets: the fleet's secrets, with its authority.
    """

    def __init__(self, folder: Path, secrets: Path) -> None:
        self.folder, self.secrets = folder, secrets
        self.ca = secrets / "ca/ca.crt"

    def __enter__(self) -> Services:
        self._remove()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._certificate()
        for name in ("postgresql/shared/provisioner", "redis/shared/provisioner"):
            path = self.secrets / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(PASSWORD, encoding="ascii")
        self._start_postgresql()
        self._start_redis()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._remove()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _remove(self) -> None:
        names = ["sysgenpro-fleet-postgresql", "sysgenpro-fleet-redis"]
        subprocess.run(["docker", "rm", "--force", "--volumes", *names], check=False, capture_output=True)

    def _certificate(self) -> None:
        key, request, certificate = (self.folder / f"tls.{end}" for end in ("key", "csr", "crt"))
        names = self.folder / "names"
        names.write_text(f"subjectAltName=IP:{GATEWAY}\n", encoding="ascii")
        openssl = ["openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=fleet"]
        subprocess.run([*openssl, "-keyout", str(key), "-out", str(request)], check=True, capture_output=True)
        sign = [
            "openssl",
            "x509",
            "-req",
            "-days",
            "2",
            "-in",
            str(request),
            "-out",
            str(certificate),
            "-CAcreateserial",
        ]
        sign += ["-CA", str(self.ca), "-CAkey", str(self.secrets / "ca/ca.key"), "-extfile", str(names)]
        subprocess.run(sign, check=True, capture_output=True)
        for path in (key, certificate):
            shutil.chown(path, _USER, _USER)
        key.chmod(0o600)

    def _start_postgresql(self) -> None:
        # Nothing here outlives the benchmark: writes need not reach the disk.
        settings = {
            "listen_addresses": GATEWAY,
            "port": POSTGRESQL_PORT,
            "ssl": "on",
            "ssl_cert_file": "/fleet/tls.crt",
            "ssl_key_file": "/fleet/tls.key",
            "unix_socket_directories": "/fleet",
            "fsync": "off",
            "shared_buffers": "256MB",
            "max_wal_size": "4GB",
        }
        options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        hba = "local all all trust\\nhostssl all all 0.0.0.0/0 scram-sha-256\\n"
        script = f"initdb -D /fleet/data -U postgres >/dev/null && printf '{hba}' > /fleet/data/pg_hba.conf && exec postgres -D /fleet/data {options}"
        shutil.chown(self.folder, _USER, _USER)
        self._run("postgresql", ["sh", "-c", script])
        with self._as_postgres() as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE ROLE provisioner LOGIN CREATEDB CREATEROLE PASSWORD '{PASSWORD}'")
            # Only a superuser sees whether a password is another one, which the peers' modules want to know.
            cursor.execute(f"CREATE ROLE peer LOGIN SUPERUSER PASSWORD '{PASSWORD}'")
            cursor.execute("CREATE ROLE reporters NOLOGIN")
            cursor.execute("GRANT reporters TO provisioner WITH ADMIN TRUE, INHERIT FALSE, SET FALSE")
            cursor.execute(_VERSION.read_text(encoding="utf-8"))

    def _as_postgres(self) -> t.Any:
        deadline = time.monotonic() + 60
        while True:
            try:
                connection = psycopg2.connect(
                    host=str(self.folder), port=POSTGRESQL_PORT, user="postgres", dbname="postgres"
                )
            except psycopg2.OperationalError as error:
                if time.monotonic() > deadline:
                    sys.exit(f"PostgreSQL did not start: {error}\n{_logs('postgresql')}")
                time.sleep(0.3)
            else:
                connection.autocommit = True
                return contextlib.closing(connection)

    def _start_redis(self) -> None:
        config = [
            *(f"bind {GATEWAY}", "port 0", f"tls-port {REDIS_PORT}", "tls-auth-clients no", 'save ""'),
            *("tls-cert-file /fleet/tls.crt", "tls-key-file /fleet/tls.key", "aclfile /fleet/users.acl"),
        ]
        (self.folder / "redis.conf").write_text("\n".join(config) + "\n", encoding="ascii")
        users = f"user default reset off\nuser provisioner reset on >{PASSWORD} +acl +ping\n"
        (self.folder / "users.acl").write_text(users, encoding="ascii")
        shutil.chown(self.folder / "users.acl", _USER, _USER)
        self._run("redis", ["redis-server", "/fleet/redis.conf"])

    def _run(self, service: str, argv: list[str]) -> None:
        found = subprocess.run(
            ["docker", "images", f"sysgenpro/{service}", "--format", "{{.Repository}}:{{.Tag}}"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        if not found:
            sys.exit(f"There is no image sysgenpro/{service}: ./quickstart.sh builds it")
        options = ["--detach", "--network", "host", "--volume", f"{self.folder}:/fleet", "--shm-size", "256m"]
        name = f"sysgenpro-fleet-{service}"
        subprocess.run(["docker", "run", *options, "--name", name, found[0], *argv], check=True, capture_output=True)

    def redis(self) -> redis_server.RedisServer:
        """A connection as the provisioner."""
        return redis_server.connect(
            host=GATEWAY, port=REDIS_PORT, ca_file=str(self.ca), user=PROVISIONER, password=PASSWORD, timeout=30
        )

    def fill(self, asked: Iterable[Asked]) -> None:
        """Give each tenant its roles, an empty database that says what it is, and its Redis user."""
        asked = list(asked)
        server = Server(GATEWAY, POSTGRESQL_PORT, str(self.ca))
        connect = postgresql.connect(server, user=PROVISIONER, password=PASSWORD)
        with connect as connection:
            for number, one in enumerate(asked):
                if number % 250 == 0:
                    say(f"PostgreSQL: {number} of {len(asked)} databases")
                _database(connection, one)
            rows = postgresql_catalog.look(
                connection, [catalog.names(one.tenant) for one in asked], group=reporting.GROUP
            )
            for one, row in zip(asked, rows, strict=True):
                verified = {catalog.VERIFIED: catalog.verification(row, one.passwords)}
                postgresql.set_comment(connection, one.tenant.database, {**(row.comment or {}), **verified})
        with self.redis() as redis:
            for one in asked:
                name = one.tenant.tenant
                wanted = redis_user.desired_user(
                    name=name,
                    password=one.secrets.redis,
                    key_prefix=one.tenant.redis_prefix,
                    commands=redis_user.SESSION_COMMANDS,
                )
                redis_runner.apply(redis, name, wanted, [redis_runner.planner.Step("set", "")])


def _database(connection: t.Any, one: Asked) -> None:
    tenant = one.tenant
    for role, limit, password in (
        (tenant.database_user, connection_budget(tenant), one.passwords[0]),
        (tenant.reporting_user, tenant.reporting_connections, one.passwords[1]),
    ):
        postgresql.execute(connection, "CREATE ROLE {} LOGIN CONNECTION LIMIT %s", role, parameters=(limit,))
        postgresql.set_password(connection, role, password)
    postgresql.execute(connection, "ALTER ROLE {} SET default_transaction_read_only = on", tenant.reporting_user)
    postgresql.execute(connection, "GRANT reporters TO {}", tenant.reporting_user)
    postgresql.execute(connection, "CREATE DATABASE {} TEMPLATE template0 STRATEGY FILE_COPY", tenant.database)
    postgresql.execute(connection, "REVOKE ALL ON DATABASE {} FROM PUBLIC", tenant.database)
    for role in (tenant.database_user, tenant.reporting_user):
        postgresql.execute(connection, "GRANT CONNECT ON DATABASE {} TO {}", tenant.database, role)
    postgresql.set_comment(connection, tenant.database, database.comment(tenant))


def _logs(service: str) -> str:
    done = subprocess.run(["docker", "logs", f"sysgenpro-fleet-{service}"], capture_output=True, text=True, check=False)
    return done.stdout[-1000:] + done.stderr[-2000:]
