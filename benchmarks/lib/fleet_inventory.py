"""An inventory of compact tenants, one file each, as a platform team would keep it in git."""

from __future__ import annotations

import subprocess
import typing as t

import yaml

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

REGION = "fleet"
#: A tenant's own file.
OWN = ("odoo_environment", "odoo_tier", "odoo_runtime", "odoo_packing", "odoo_host")


class Place(t.NamedTuple):
    """A Docker host as Ansible reaches it."""

    name: str
    connection: Mapping[str, t.Any]


def tenant_names(count: int) -> list[str]:
    return [f"shop{number:04d}_production" for number in range(count)]


def write(
    folder: Path,
    secrets: Path,
    names: Sequence[str],
    places: Sequence[Place],
    services: Mapping[str, t.Any],
) -> None:
    """Write the inventory below ``folder``; tenants are dealt out to places in turn.

    :param secrets: a folder beside it, with the region's authority: Ansible would read one inside as inventory.
    :param services: variables of the group ``tenants``: what the region offers.
    """
    tenants = folder / "host_vars"
    groups = folder / "group_vars"
    tenants.mkdir(parents=True)
    groups.mkdir()
    children: dict[str, t.Any] = {"docker_hosts": {"hosts": {place.name: None for place in places}}}
    for number, place in enumerate(places):
        own = names[number :: len(places)]
        group = f"place_{place.name}"
        children[group] = {"hosts": dict.fromkeys([place.name, *own])}
        _dump(groups / f"{group}.yml", {**place.connection, "odoo_place": place.name})
        for name in own:
            _dump(tenants / f"{name}.yml", tenant(name))
    children["tenants"] = {"hosts": dict.fromkeys(names)}
    _dump(folder / "hosts.yml", {"all": {"children": children}})
    _dump(groups / "all.yml", {"odoo_region": REGION, **kept_in(secrets)})
    _dump(groups / "tenants.yml", services)
    # Makes the groups of the catalogue, as in the example regions.
    _dump(folder / "tenants.yml", {"plugin": "sysgenpro.odoo.tenants"})


def tenant(name: str) -> dict[str, t.Any]:
    """What a tenant's own file says."""
    return {
        "odoo_environment": "production",
        "odoo_tier": "standard",
        "odoo_runtime": "docker",
        "odoo_packing": "compact",
        "odoo_host": f"{name.replace('_', '-')}.example.com",
    }


def kept_in(folder: Path) -> dict[str, t.Any]:
    return {
        "certificates_path": str(folder),
        "odoo_secret_source": "file",
        "odoo_secret_path": str(folder),
        "odoo_secret_generate": True,
    }


def authority(folder: Path) -> None:
    """The region's certificate authority."""
    (folder / "ca").mkdir(parents=True)
    key = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=fleet"]
    usage = ["-addext", "keyUsage=critical,keyCertSign,cRLSign"]
    files = ["-keyout", str(folder / "ca/ca.key"), "-out", str(folder / "ca/ca.crt")]
    subprocess.run([*key, *usage, *files], check=True, capture_output=True)


def _dump(path: Path, content: Mapping[str, t.Any]) -> None:
    path.write_text(yaml.safe_dump(dict(content), sort_keys=False), encoding="utf-8")
