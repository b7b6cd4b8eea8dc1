"""Attempts to cross from one tenant to another, each with the control that the same attempt succeeds where it should."""

from __future__ import annotations

import json
import subprocess
import time
import typing as t

import pytest
from botocore.exceptions import ClientError
from region_tenant import BLOCKED

from .conftest import ADDRESS, CA, TENANTS, Tenant, containers, run


@pytest.mark.parametrize("path", BLOCKED)
def test_paths_that_are_not_for_people_are_refused(tenant: Tenant, path: str) -> None:
    assert tenant.curl(path) in (403, 404)


@pytest.mark.parametrize("path", BLOCKED)
def test_posts_to_them_are_refused(acme: Tenant, path: str) -> None:
    assert acme.curl(
        path,
        "-X",
        "POST",
        "-H",
        "Content-Type: text/xml",
        "-d",
        "<methodCall><methodName>version</methodName></methodCall>",
    ) in (403, 404)


def test_control_the_same_call_works_on_the_integration_path(acme: Tenant) -> None:
    arguments = (
        "-X",
        "POST",
        "-H",
        "Content-Type: text/xml",
        "-d",
        "<methodCall><methodName>version</methodName></methodCall>",
    )
    assert acme.curl("/xmlrpc/2/common", *arguments, host=f"integration.{acme.host}") == 200


@pytest.mark.parametrize(
    "path", ["/web/login", "/web/database/manager", "/queue_job/runjob", "/", "/json/../web/login"]
)
def test_the_integration_path_serves_nothing_else(acme: Tenant, path: str) -> None:
    assert acme.curl(path, host=f"integration.{acme.host}") in (403, 404)


def test_a_role_reaches_its_own_database_alone(acme: Tenant, staging: Tenant) -> None:
    assert acme.psql("SELECT 1").stdout.strip() == "1"
    for database in (staging.name, "postgres", "template1"):
        for port in (acme.pgbouncer_port, acme.primary_port):
            assert acme.psql("SELECT 1", database=database, port=port).returncode != 0, (database, port)


def test_a_wrong_password_and_an_unencrypted_connection_are_refused(acme: Tenant) -> None:
    assert acme.psql("SELECT 1", password="wrong").returncode != 0
    assert acme.psql("SELECT 1", sslmode="disable").returncode != 0
    assert acme.psql("SELECT 1", sslmode="disable", port=acme.primary_port).returncode != 0


def test_a_role_is_no_more_than_it_needs(tenant: Tenant) -> None:
    rights = "SELECT rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls, rolconnlimit > 0 FROM pg_roles WHERE rolname = current_user"
    assert tenant.psql(rights).stdout.strip() == "f|f|f|f|f|t"
    assert tenant.psql("CREATE ROLE intruder").returncode != 0
    assert tenant.psql("COMMENT ON DATABASE " + tenant.name + " IS 'forged'").returncode != 0
    assert tenant.psql("COPY (SELECT 1) TO PROGRAM 'true'").returncode != 0


def test_the_reporting_role_reads_and_does_nothing_else(tenant: Tenant) -> None:
    """On a replica; not on the primary through PgBouncer, not what authenticates somebody, not a neighbour's database."""

    def report(statement: str, **elsewhere: t.Any) -> subprocess.CompletedProcess[str]:
        role = {"user": f"{tenant.name}_reporting", "password": tenant.secret("reporting"), "port": tenant.replica_port}
        return tenant.psql(statement, **{**role, **elsewhere})

    assert report("SELECT pg_is_in_recovery(), count(*) > 0 FROM res_partner").stdout.strip() == "t|t"
    assert report("SELECT login FROM res_users WHERE id = 2").stdout.strip() == "admin"
    for secret in ("SELECT password FROM res_users", "SELECT * FROM ir_config_parameter", "SELECT * FROM res_users"):
        assert "permission denied" in report(secret).stderr, secret
    write = "BEGIN READ WRITE; UPDATE res_partner SET name = 'forged'; COMMIT"
    assert "permission denied" in report(write, port=tenant.primary_port).stderr
    assert report("SELECT 1", port=tenant.primary_port).stdout.strip() == "1"
    assert report("SELECT 1", port=tenant.pgbouncer_port).returncode != 0
    for other in {other.name for other in TENANTS} - {tenant.name}:
        assert report("SELECT 1", database=other).returncode != 0


def test_templates_cannot_be_entered(acme: Tenant) -> None:
    names = acme.psql("SELECT datname FROM pg_database WHERE datname LIKE 'template_19%'").stdout.split()
    assert names
    for name in names:
        assert acme.psql("SELECT 1", database=name, port=acme.primary_port).returncode != 0


def test_a_neighbour_hears_nothing_on_the_bus(acme: Tenant, staging: Tenant) -> None:
    """acme_staging listens on the bus's channel while acme_production notifies; acme_production's own listener hears it."""

    def listen(tenant: Tenant) -> subprocess.Popen[str]:
        target = f"host={ADDRESS} port={tenant.pgbouncer_port} user={tenant.name} dbname={tenant.name} sslmode=verify-full sslrootcert={CA}"
        environment = {"PGPASSWORD": tenant.secret("database"), "PATH": "/usr/bin:/bin"}
        process = subprocess.Popen(
            ["psql", target, "-XAt"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment,
        )
        assert process.stdin is not None
        process.stdin.write("LISTEN imbus;\n")
        process.stdin.flush()
        return process

    def heard(process: subprocess.Popen[str]) -> str:
        out, _err = process.communicate("SELECT 1;\n\\q\n", timeout=30)
        return out

    own, neighbour = listen(acme), listen(staging)
    time.sleep(1)
    assert acme.psql("NOTIFY imbus, 'acme-token'").returncode == 0
    time.sleep(1)
    assert "acme-token" in heard(own)
    assert "acme-token" not in heard(neighbour)


def test_redis_users_are_kept_apart(acme: Tenant, staging: Tenant) -> None:
    assert acme.redis("SET", "acme_production:probe", "mine", "EX", "60") == "OK"
    assert acme.redis("GET", "acme_production:probe") == "mine"
    for command in (
        ("GET", "acme_production:probe"),
        ("SET", "acme_production:probe", "stolen"),
        ("DEL", "acme_production:probe"),
    ):
        assert "NOPERM" in staging.redis(*command)
    refused: tuple[tuple[str, ...], ...] = (
        ("SCAN", "0"),
        ("KEYS", "*"),
        ("RANDOMKEY",),
        ("ACL", "LIST"),
        ("CONFIG", "GET", "*"),
        ("FLUSHALL",),
        ("MONITOR",),
        ("EVAL", "return 1", "0"),
    )
    for words in refused:
        assert "NOPERM" in staging.redis(*words), words
    assert acme.redis("GET", "acme_production:probe") == "mine"
    assert acme.redis("DEL", "acme_production:probe") == "1"


def test_buckets_are_kept_apart(acme: Tenant, globex: Tenant) -> None:
    acme.s3().put_object(Bucket=acme.bucket, Key="probe", Body=b"mine")
    try:
        assert acme.s3().get_object(Bucket=acme.bucket, Key="probe")["Body"].read() == b"mine"
        attempts = {
            "read": lambda: globex.s3().get_object(Bucket=acme.bucket, Key="probe"),
            "list": lambda: globex.s3().list_objects_v2(Bucket=acme.bucket),
            "write": lambda: globex.s3().put_object(Bucket=acme.bucket, Key="probe", Body=b"stolen"),
            "delete": lambda: globex.s3().delete_object(Bucket=acme.bucket, Key="probe"),
            "versions": lambda: globex.s3().list_object_versions(Bucket=acme.bucket),
            "make a bucket": lambda: globex.s3().create_bucket(Bucket="local-intruder"),
        }
        for name, attempt in attempts.items():
            with pytest.raises(ClientError) as raised:
                attempt()
            assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403, name
        assert [
            bucket["Name"] for bucket in globex.s3().list_buckets()["Buckets"] if bucket["Name"] == acme.bucket
        ] == []
    finally:
        acme.s3().delete_object(Bucket=acme.bucket, Key="probe")


def inside(container: str, host: str, port: int) -> bool:
    """Whether a TCP connection from a container succeeds."""
    script = f"import socket; socket.create_connection(({host!r}, {port}), 3)"
    return run("docker", "exec", container, "python3", "-c", script).returncode == 0


def test_a_container_reaches_the_services_it_needs_and_no_others(acme: Tenant) -> None:
    web = next(name for name in containers(f"sysgenpro.odoo/tenant={acme.name}") if "-web-" in name)
    reachable = {
        port: inside(web, ADDRESS, port) for port in (6432, 6379, 8333, 1025, 2379, 5441, 8441, 5500, 9333, 8099)
    }
    needed = {6432, 6379, 8333, 1025}
    assert {port for port, reached in reachable.items() if reached} == needed


def test_tenants_cannot_reach_each_other(acme: Tenant, globex: Tenant) -> None:
    def address(name: str) -> str:
        networks = json.loads(run("docker", "inspect", "-f", "{{json .NetworkSettings.Networks}}", name).stdout)
        return str(next(iter(networks.values()))["IPAddress"])

    mine = [name for name in containers(f"sysgenpro.odoo/tenant={acme.name}") if "-web-" in name]
    theirs = next(name for name in containers(f"sysgenpro.odoo/tenant={globex.name}") if "-web-" in name)
    assert inside(mine[0], address(mine[1]), 8069)
    assert not inside(mine[0], address(theirs), 8069)


def test_administration_is_on_loopback_alone() -> None:
    listening = run("ss", "-Hltn").stdout
    for port in ("8099", "9333", "8888"):
        lines = [line for line in listening.splitlines() if line.split()[3].endswith(f":{port}")]
        assert all(line.split()[3].startswith(("127.", "[::1]")) for line in lines), lines
