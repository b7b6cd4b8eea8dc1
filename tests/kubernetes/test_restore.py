"""A tenant of the cluster goes back to a recovery point, serves from the restored server and comes home."""

from __future__ import annotations

import json
import re

from kubernetes_cluster import kubectl
from local_region import recap
from region_cluster import namespace, playbook, pods
from region_tenant import CLUSTER_TENANTS, run

STAGING = CLUSTER_TENANTS[1]
WORDS = "INSERT INTO ir_config_parameter (key, value) VALUES ('test.restore', '{0}') ON CONFLICT (key) DO UPDATE SET value = '{0}'"


def play(name: str, *arguments: str) -> str:
    done = playbook(f"playbooks/{name}.yml", "--limit", STAGING.name, *arguments, timeout=1800)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
    return done.stdout


def write(word: str) -> None:
    done = STAGING.psql(WORDS.format(word))
    assert done.returncode == 0, done.stderr


def word() -> str:
    return STAGING.psql("SELECT value FROM ir_config_parameter WHERE key = 'test.restore'").stdout.strip()


def server() -> dict[str, object]:
    found = kubectl("get", "namespace", namespace(STAGING), "-o", "json")
    text = json.loads(found)["metadata"].get("annotations", {}).get("sysgenpro.odoo/restored", "{}")
    return dict(json.loads(text))


def test_a_tenant_goes_back_serves_from_the_restored_server_and_comes_home() -> None:
    write("before")
    run("docker", "exec", "local-backup1-backup", "backup-scheduler", "now", "incr", timeout=600, check=True)
    found = re.search(rf"recovery-points/{STAGING.name}/[0-9TZ]+-[0-9a-f]+", play("recovery_point"))
    assert found
    write("after")
    typed = ("-e", f"odoo_confirm={STAGING.name}")

    play("restore", *typed, "-e", f"odoo_recovery_reference={found.group()}")
    assert STAGING.curl("/web/login") == 200
    where = server()
    maps = kubectl("get", "configmaps", "-n", namespace(STAGING), "-o", "json")
    assert f"db_port = {where['port']}" in maps
    assert word() == "after", "the tenant's own database was touched"
    # Whoever converges meanwhile leaves it there.
    assert "1 tenant: 1 as declared" in play("tenants")
    assert server() == where

    play("restore_home", *typed)
    assert STAGING.curl("/web/login") == 200
    assert server() == {}
    assert word() == "before"
    assert set(pods(STAGING).values()) == {"web"}
    assert recap(play("tenants")) == {STAGING.name: 0}
    play("resume")
