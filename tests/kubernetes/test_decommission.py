"""A tenant of the cluster goes with a dump that can be read, and comes again."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from kubernetes_cluster import kubectl as cluster
from region_cluster import namespace, playbook
from region_tenant import CLUSTER_TENANTS
from tenant_checks import check_export, newest_export

SHOP, STAGING = CLUSTER_TENANTS


def test_decommissioning_needs_the_name() -> None:
    done = playbook("playbooks/decommission.yml", "-e", f"tenant={STAGING.name}", "-e", "odoo_confirm=something")
    assert done.returncode != 0
    assert f"must be the tenant's name, {STAGING.name}" in done.stdout
    assert STAGING.curl("/web/login") == 200


def test_a_tenant_is_decommissioned_with_a_dump_and_made_again() -> None:
    attachment = {"name": "kept.bin", "raw": "kept" * 40_000, "mimetype": "application/octet-stream"}
    STAGING.json2("ir.attachment", "create", vals_list=[attachment])
    done = playbook("playbooks/decommission.yml", "-e", f"tenant={STAGING.name}", "-e", f"odoo_confirm={STAGING.name}")
    assert done.returncode == 0, done.stdout[-3000:]
    export = newest_export(STAGING.name)
    check_export(export)
    with open(f"{export}/SHA256SUMS", encoding="utf-8") as sums:
        assert any(line.split("  ", 1)[1].startswith("attachments/") for line in sums)
    assert cluster("get", "namespace", namespace(STAGING), "--ignore-not-found") == ""
    assert STAGING.psql("SELECT 1").returncode != 0
    assert "WRONGPASS" in STAGING.redis("PING")
    with pytest.raises(ClientError):
        STAGING.keys()
    assert SHOP.curl("/web/login") == 200
    again = playbook("playbooks/tenants.yml", "--limit", STAGING.name)
    assert again.returncode == 0, again.stdout[-3000:]
    assert STAGING.curl("/web/login") == 200
