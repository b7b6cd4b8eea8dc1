"""What holds for a tenant wherever its processes run."""

from __future__ import annotations

import json
import typing as t

from local_region import SECRETS
from region_tenant import run

if t.TYPE_CHECKING:
    from region_tenant import Tenant


def check_clones_share_no_secret(first: Tenant, second: Tenant) -> None:
    """Both came from one template: nothing that authenticates may be the same."""
    statement = """
        SELECT 'parameter ' || key, value FROM ir_config_parameter WHERE key IN ('database.secret', 'database.uuid')
        UNION ALL SELECT 'pos ' || id, access_token FROM pos_config WHERE access_token IS NOT NULL
        UNION ALL SELECT 'password ' || login, password FROM res_users WHERE password IS NOT NULL
        UNION ALL SELECT 'key ' || id, key FROM res_users_apikeys
        UNION ALL SELECT 'channel ' || id, uuid FROM discuss_channel WHERE uuid IS NOT NULL
    """
    one, other = (
        dict(line.split("|", 1) for line in tenant.psql(statement).stdout.splitlines()) for tenant in (first, second)
    )
    assert set(one) == set(other)
    assert len(one) >= 5
    assert not [name for name in one if one[name] == other[name]]


def check_attachments_go_to_object_storage(tenant: Tenant) -> None:
    """Through Odoo's own API, then looked for with another client."""
    before = tenant.keys()
    values = {"name": "integration.bin", "raw": "x" * 120_000, "mimetype": "application/octet-stream"}
    made = tenant.json2("ir.attachment", "create", vals_list=[values])
    assert len(tenant.keys() - before) == 1
    stored = tenant.psql(f"SELECT store_fname FROM ir_attachment WHERE id = {made[0]}").stdout.strip()
    assert stored.startswith("attachments://")
    tenant.json2("ir.attachment", "unlink", ids=made)


def newest_export(tenant: str) -> str:
    found = run("sh", "-c", f"ls -d /var/lib/sysgenpro/exports/{tenant}-* | sort | tail -1").stdout.strip()
    assert found
    return found


def check_export(path: str) -> None:
    """Its files have their checksums, and PostgreSQL's own tool reads the dump."""
    assert run("sha256sum", "--check", "--quiet", "SHA256SUMS", cwd=path).returncode == 0
    image = str(json.loads((SECRETS / "images.json").read_text())["odoo"]["image"])
    container = ["docker", "run", "--rm", "--network", "none", "--user", "0", "-v", f"{path}:/out:ro"]
    listing = run(*container, "--entrypoint", "pg_restore", image, "-l", "/out/database.dump")
    assert "res_partner" in listing.stdout, listing.stderr
