"""What runs, and whether it is what was asked for."""

from __future__ import annotations

import json
import typing as t

import pytest
from tenant_checks import check_attachments_go_to_object_storage, check_clones_share_no_secret

from .conftest import ADDRESS, CA, Tenant, containers, run


def test_each_tenant_runs_its_workloads(acme: Tenant, globex: Tenant, staging: Tenant) -> None:
    def workloads(tenant: Tenant) -> list[str]:
        names = containers(f"sysgenpro.odoo/tenant={tenant.name}")
        return sorted(
            run("docker", "inspect", "-f", '{{index .Config.Labels "sysgenpro.odoo/workload"}}', name).stdout.strip()
            for name in names
        )

    assert workloads(acme) == ["cron", "queue", "web", "web", "websocket"]
    assert workloads(globex) == ["cron", "queue", "web", "web", "websocket"]
    assert workloads(staging) == ["web"]


def test_status_names_every_tenant_and_component(status: dict[str, t.Any]) -> None:
    assert {row["tenant"] for row in status["tenants"]} == {"acme_production", "globex_production", "acme_staging"}
    assert {row["url"] for row in status["tenants"]} == {
        "https://acme.localhost",
        "https://globex.localhost",
        "https://acme-staging.localhost",
    }
    components = {row["component"] for row in status["components"]}
    assert {"etcd", "postgresql", "haproxy", "pgbouncer", "redis", "seaweedfs", "traefik", "mail"} <= components


@pytest.mark.parametrize(("path", "expected"), [("/web/health", 200), ("/web/login", 200)])
def test_https_answers_with_a_valid_certificate(tenant: Tenant, path: str, expected: int) -> None:
    assert tenant.curl(path) == expected


def test_http_leads_to_https(tenant: Tenant) -> None:
    done = run("curl", "-s", "-o", "/dev/null", "-w", "%{http_code} %{redirect_url}", f"http://{tenant.host}/web/login")
    code, target = done.stdout.split()
    assert code in ("301", "302", "307", "308")
    assert target.startswith(f"https://{tenant.host}")


def test_the_asked_modules_are_installed(tenant: Tenant) -> None:
    names = "'sale_management','stock','point_of_sale','account','queue_job','fs_attachment_s3'"
    done = tenant.psql(f"SELECT count(*) FROM ir_module_module WHERE state = 'installed' AND name IN ({names})")
    assert done.stdout.strip() == "6", done.stderr


def test_two_clones_share_no_secret(acme: Tenant, staging: Tenant) -> None:
    check_clones_share_no_secret(acme, staging)


def test_no_secret_of_the_template_is_left(acme: Tenant) -> None:
    url = acme.psql("SELECT value FROM ir_config_parameter WHERE key = 'web.base.url'").stdout.strip()
    assert url == acme.url
    assert acme.psql("SELECT count(*) FROM ir_cron WHERE nextcall < now() - interval '2 hours'").stdout.strip() == "0"


def test_attachments_go_to_object_storage(tenant: Tenant) -> None:
    check_attachments_go_to_object_storage(tenant)


def test_mail_of_staging_is_captured(staging: Tenant) -> None:
    conf = run(
        "docker", "exec", containers(f"sysgenpro.odoo/tenant={staging.name}")[0], "cat", "/etc/odoo/odoo.conf"
    ).stdout
    assert f"smtp_server = {ADDRESS}" in conf
    assert "smtp_port = 1025" in conf


def test_containers_are_confined() -> None:
    names = containers("sysgenpro.odoo/region=local")
    found = json.loads(run("docker", "inspect", *names, check=True).stdout)
    for item in found:
        host, name = item["HostConfig"], item["Name"]
        assert not host["Privileged"], name
        assert host["ReadonlyRootfs"], name
        assert host["CapDrop"] == ["ALL"], name
        assert not host["CapAdd"], name
        assert "no-new-privileges" in " ".join(host["SecurityOpt"] or []), name
        assert host["Memory"] > 0, name
        assert item["Config"]["User"].split(":")[0] not in ("", "0", "root"), name
        assert host["RestartPolicy"]["Name"] == "unless-stopped", name
        assert "docker.sock" not in json.dumps(host["Binds"]), name


def test_no_secret_is_in_an_environment_or_a_command_line(tenant: Tenant) -> None:
    names = containers("sysgenpro.odoo/region=local")
    shown = run("docker", "inspect", *names, check=True).stdout + run("ps", "auxww").stdout
    for purpose in ("database", "redis", "s3_secret_key", "master", "admin", "health_key"):
        assert tenant.secret(purpose) not in shown


def test_postgresql_is_synchronous_and_has_three_members() -> None:
    leader = run(
        "docker", "exec", "local-db1-postgresql", "patronictl", "-c", "/etc/patroni/patroni.yml", "list", "-f", "json"
    )
    members = json.loads(leader.stdout)
    assert len(members) == 3, leader.stderr
    assert sorted(member["Role"] for member in members).count("Leader") == 1
    assert any(member["Role"] in ("Sync Standby", "Quorum Standby") for member in members)


def test_redis_keeps_what_it_is_given() -> None:
    container = "local-redis1-redis"
    configuration = run("docker", "exec", container, "sh", "-c", "cat /etc/redis/redis.conf").stdout
    assert "maxmemory-policy noeviction" in configuration
    assert "appendonly yes" in configuration


def test_tls_is_verified_by_clients() -> None:
    done = run(
        "curl", "-s", "-o", "/dev/null", "-w", "%{ssl_verify_result}", "--cacert", str(CA), f"https://{ADDRESS}:8333/"
    )
    assert done.stdout == "0"
