"""Working on one tenant: where values come from, how it is, its logs, a shell, a statement, and who did it."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from local_region import CA, PROXIES

from .conftest import Tenant, containers, playbook, run

TRAIL = Path("/var/log/sysgenpro/audit.jsonl")


def verb(name: str, tenant: Tenant, *arguments: str, **options: t.Any) -> str:
    """What a playbook says; it must succeed."""
    done = playbook(f"playbooks/{name}.yml", "-e", f"tenant={tenant.name}", "-e", json.dumps(options), *arguments)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    return done.stdout


def refused(name: str, tenant: str, **options: t.Any) -> str:
    done = playbook(f"playbooks/{name}.yml", "-e", f"tenant={tenant}", "-e", json.dumps(options))
    assert done.returncode != 0
    return done.stdout


def last_line() -> dict[str, t.Any]:
    return t.cast("dict[str, t.Any]", json.loads(TRAIL.read_text().splitlines()[-1]))


@pytest.mark.parametrize("name", ["explain", "status", "logs", "shell", "psql", "export_tenant", "sleep", "wake"])
def test_a_tenant_must_be_named(name: str) -> None:
    said = refused(name, "nobody")
    assert "tenant=nobody: must be one of acme_production, acme_staging, globex_production" in said


def test_explain_names_files_lines_and_rules(staging: Tenant) -> None:
    said = verb("explain", staging)
    assert "odoo_packing = 'compact': host acme_staging (inventories/local/host_vars/acme_staging.yml:" in said
    assert "odoo_web_workers = 2: group tier_standard (inventories/catalogue/tiers.yml:10)" in said
    assert "odoo_drain_timeout = 30: the model; its default" in said
    assert "connection budget = 42: the model (capacity)" in said
    only = verb("explain", staging, odoo_explain="odoo_bucket")
    assert "not given: Bucket of the attachments" in only
    assert "odoo_packing" not in only


def test_status_says_what_docker_and_postgresql_say(staging: Tenant) -> None:
    said = verb("status", staging)
    (name,) = containers(f"sysgenpro.odoo/tenant={staging.name}")
    assert name in said
    assert "1 of 1 well" in said
    size = int(staging.psql("SELECT pg_database_size(current_database())").stdout)
    shown = int(said.split("database:", 1)[1].split("bytes:", 1)[1].split()[0])
    assert abs(shown - size) < 64 * 1024**2
    assert "whole: true" in said
    assert staging.secret("database") not in said


def test_logs_are_what_docker_has(staging: Tenant) -> None:
    (name,) = containers(f"sysgenpro.odoo/tenant={staging.name}")
    staging.curl("/web/login")
    said = verb("logs", staging, odoo_logs_lines=20)
    newest = run("docker", "logs", "--tail", "40", name)
    logins = [line for line in (newest.stdout + newest.stderr).splitlines() if '"GET /web/login' in line]
    assert logins[-1].strip() in said
    assert last_line()["verb"] == "logs"
    nothing = verb("logs", staging, odoo_logs_match="this is in no line")
    assert "GET /web" not in nothing
    assert "must be a regular expression" in refused("logs", staging.name, odoo_logs_match="(")


def test_a_program_in_the_shell_is_rolled_back_unless_told(staging: Tenant, tmp_path: Path) -> None:
    program = tmp_path / "mark.py"
    program.write_text(
        'env["ir.config_parameter"].set_param("daytwo.mark", "1")\nprint("users:", env["res.users"].search_count([]))\n'
    )
    count = staging.psql("SELECT count(*) FROM res_users WHERE active").stdout.strip()
    asked = "SELECT count(*) FROM ir_config_parameter WHERE key = 'daytwo.mark'"
    said = verb("shell", staging, odoo_shell_file=str(program))
    assert f"users: {count}" in said
    assert staging.psql(asked).stdout.strip() == "0"
    verb("shell", staging, odoo_shell_file=str(program), odoo_shell_commit=True)
    assert staging.psql(asked).stdout.strip() == "1"
    line = last_line()
    assert (line["verb"], line["tenant"], line["what"]["commit"]) == ("shell", staging.name, True)
    assert "set_param" not in json.dumps(line)
    assert line["digest"] == run("sha256sum", str(program)).stdout.split()[0]
    staging.psql("DELETE FROM ir_config_parameter WHERE key = 'daytwo.mark'")
    assert containers("sysgenpro.odoo/component=shell", everything=True) == []


def test_a_program_that_fails_says_why(staging: Tenant) -> None:
    said = refused("shell", staging.name, odoo_shell_command="raise ValueError('what is wrong')")
    assert "what is wrong" in said


def test_a_production_tenant_is_changed_by_its_name_only(acme: Tenant) -> None:
    said = refused("shell", acme.name, odoo_shell_command="print(1)", odoo_shell_commit=True)
    assert f"must be the tenant's name, {acme.name}, to change a production tenant from a shell" in said
    said = refused("psql", acme.name, odoo_psql_command="DELETE FROM bus_bus", odoo_psql_write=True)
    assert f"must be the tenant's name, {acme.name}" in said


def test_a_statement_reads_and_writes_only_where_told(staging: Tenant) -> None:
    said = verb(
        "psql", staging, odoo_psql_command="SELECT count(*) AS users, 'hush' AS word FROM res_users WHERE active"
    )
    assert f"users: {staging.psql('SELECT count(*) FROM res_users WHERE active').stdout.strip()}" in said
    line = last_line()
    assert line["statement"] == "SELECT count(*) AS users, '…' AS word FROM res_users WHERE active"
    assert "hush" not in TRAIL.read_text()
    write = "UPDATE ir_config_parameter SET value = value WHERE key = 'web.base.url'"
    assert "read-only transaction" in refused("psql", staging.name, odoo_psql_command=write)
    assert "UPDATE 1" in verb("psql", staging, odoo_psql_command=write, odoo_psql_write=True)
    assert "permission denied" in refused(
        "psql", staging.name, odoo_psql_role="reporting", odoo_psql_command="SELECT key FROM res_users_apikeys"
    )


def test_what_is_printed_opens_psql(staging: Tenant) -> None:
    said = " ".join(verb("psql", staging).split())
    assert (
        f"host={PROXIES} port={staging.primary_port} user={staging.name} dbname={staging.name} sslmode=verify-full"
        in said
    )
    assert "the password is the secret acme_staging/database" in said
    assert staging.secret("database") not in said
    opened = run(
        "psql",
        f"host={PROXIES} port={staging.primary_port} user={staging.name} dbname={staging.name} sslmode=verify-full sslrootcert={CA}",
        "-Atc",
        "SELECT current_user",
        env={"PGPASSWORD": staging.secret("database"), "PATH": "/usr/bin:/bin"},
    )
    assert opened.stdout.strip() == staging.name


def test_the_trail_is_whole_and_a_change_shows(staging: Tenant, tmp_path: Path) -> None:
    lines = TRAIL.read_text().splitlines()
    assert {"time", "who", "tenant", "verb", "what", "previous"} <= set(json.loads(lines[-1]))
    forged = tmp_path / "audit.jsonl"
    forged.write_text("\n".join([*lines[:-2], lines[-2].replace(staging.name, "nobody"), lines[-1]]) + "\n")
    said = verb("status", staging, odoo_audit_path=str(forged))
    assert "whole: false" in said
