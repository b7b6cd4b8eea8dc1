"""An inventory with one more tenant of the local region, for tests and benchmarks that make and remove one."""

from __future__ import annotations

import typing as t

import yaml
from local_region import ROOT

if t.TYPE_CHECKING:
    from pathlib import Path

#: To be given before it. The tenants of inventories/local-kubernetes are left out: PostgreSQL's connections are counted.
INVENTORIES = ("-i", "inventories/catalogue", "-i", "inventories/local")


def write(folder: Path, name: str, runtime: str, **variables: t.Any) -> Path:
    """An inventory that declares the tenant; what the region says of all tenants of a runtime holds for it too."""
    declared = {
        "odoo_tier": "standard",
        "odoo_runtime": runtime,
        # Secrets and the image lock lie beside the region's inventory, not beside this file.
        "inventory_dir": str(ROOT / "inventories/local"),
        **variables,
    }
    groups = {"tenants": {"hosts": {name: declared}}, f"runtime_{runtime}": {"hosts": {name: {}}}}
    (folder / "hosts.yml").write_text(yaml.safe_dump(groups), encoding="utf-8")
    shared = ROOT / f"inventories/local-kubernetes/group_vars/runtime_{runtime}.yml"
    if shared.exists():
        (folder / "group_vars").mkdir()
        (folder / "group_vars" / shared.name).write_text(shared.read_text(encoding="utf-8"), encoding="utf-8")
    return folder
