"""A tenant's past beside its present: another tenant takes it, and the one it was taken from knows nothing. Seen with psql, an S3
client, curl and Odoo's own API."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
import yaml

from .conftest import ROOT, Tenant, containers, playbook
from .test_recovery_point import call, take, unwrapped
from .test_restore import partner, scheduled

if t.TYPE_CHECKING:
    from pathlib import Path

COPY = "acme_copy"
NAME = "customer seen twice"
SECRETS_OF_A_DATABASE = (
    "SELECT value FROM ir_config_parameter WHERE key IN ('database.secret', 'database.uuid') ORDER BY key"
)


@pytest.fixture(scope="module")
def copy(staging: Tenant, tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[tuple[Tenant, str]]:
    """The tenant that will take the other's past, and the inventory that declares it; it goes again with its data."""
    inventory: Path = tmp_path_factory.mktemp("beside") / "hosts.yml"
    host = "acme-copy.localhost"
    variables = {
        "odoo_environment": "qa",
        "odoo_tier": "standard",
        "odoo_packing": "compact",
        "odoo_host": host,
        # Secrets and the image lock lie beside the region's inventory.
        "inventory_dir": str(ROOT / "inventories/local"),
    }
    document = {"tenants": {"hosts": {COPY: variables}}}
    inventory.write_text(yaml.safe_dump(document))
    made = playbook("-i", str(inventory), "playbooks/tenants.yml", "--limit", COPY)
    assert made.returncode == 0, made.stdout[-4000:]
    yield dataclasses.replace(staging, name=COPY, host=host), str(inventory)
    typed = ["-e", f"tenant={COPY}", "-e", f"odoo_confirm={COPY}"]
    gone = playbook("-i", str(inventory), "playbooks/decommission.yml", *typed)
    assert gone.returncode == 0, gone.stdout[-4000:]


def test_the_copy_is_what_the_other_was(staging: Tenant, copy: tuple[Tenant, str], tmp_path: Path) -> None:
    other, inventory = copy
    customer = partner(staging, "create", vals_list=[{"name": f"{NAME} before"}])
    (attachment,) = call(
        staging,
        "create",
        vals_list=[{"name": "beside.bin", "raw": "5" * 90_000, "mimetype": "application/octet-stream"}],
    )
    point = take(staging, tmp_path)
    partner(staging, "write", ids=customer, vals={"name": f"{NAME} after"})
    running = containers(f"sysgenpro.odoo/tenant={staging.name}")
    typed = ["-e", f"odoo_confirm={COPY}", "-e", f"odoo_restore_from={staging.name}"]
    reference = f"odoo_recovery_reference={point.reference}"
    done = playbook("-i", inventory, "playbooks/restore_beside.yml", "--limit", COPY, *typed, "-e", reference)
    assert done.returncode == 0, done.stdout[-4000:]
    assert f"{COPY} is {staging.name} as of" in unwrapped(done.stdout)

    assert other.curl("/web/login") == 200
    assert partner(other, "read", ids=customer, fields=["name"])[0]["name"] == f"{NAME} before"
    entry = next(entry for entry in point.entries if entry["id"] == attachment)
    assert other.s3().head_object(Bucket=other.bucket, Key=entry["key"])["ContentLength"] == entry["size"]
    # Nothing acts by itself, and nothing authenticates in both.
    assert scheduled(other) == 0
    assert other.psql(SECRETS_OF_A_DATABASE).stdout.strip()
    assert not set(other.psql(SECRETS_OF_A_DATABASE).stdout.split()) & set(
        staging.psql(SECRETS_OF_A_DATABASE).stdout.split()
    )
    assert other.psql("SELECT value FROM ir_config_parameter WHERE key = 'web.base.url'").stdout.strip() == other.url

    # The one it was taken from runs on as it was.
    assert containers(f"sysgenpro.odoo/tenant={staging.name}") == running
    assert partner(staging, "read", ids=customer, fields=["name"])[0]["name"] == f"{NAME} after"
    assert scheduled(staging) > 0


def test_a_production_never_takes_anothers_past(acme: Tenant, staging: Tenant) -> None:
    typed = ["-e", f"odoo_confirm={acme.name}", "-e", f"odoo_restore_from={staging.name}"]
    done = playbook(
        "playbooks/restore_beside.yml", "--limit", acme.name, *typed, "-e", "odoo_recovery_reference=newest"
    )
    assert done.returncode != 0
    assert "it must not be a production" in unwrapped(done.stdout)
