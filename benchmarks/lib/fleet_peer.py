"""The same tenants as tasks of community.docker and community.postgresql, one task an object, as one would write them by hand."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import docker_peer
import fleet_services
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.capacity import connection_budget

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.fleet_request import Asked
    from fleet_machines import Machines

LOGIN = {"login_user": "peer", "login_password": fleet_services.PASSWORD}


def play(machines: Machines, tenants: Sequence[Asked], folder: Path) -> list[dict[str, t.Any]]:
    """One play over the tenants; what differs between them stands in their variables, which are written to ``folder``.

    :param folder: gets the files that the tasks copy, and host_vars.
    """
    for place in {one.tenant.place for one in tenants}:
        _declare(machines, place, [one for one in tenants if one.tenant.place == place], folder)
    tasks: list[dict[str, t.Any]] = [
        {
            "name": "Bridge",
            "community.docker.docker_network": {"name": "{{ peer.network }}", "ipam_config": "{{ peer.ipam }}"},
        },
        {"name": "Container", "community.docker.docker_container": "{{ peer.container }}"},
        {
            "name": "Files",
            "ansible.builtin.copy": {"src": "{{ item.src }}", "dest": "{{ item.dest }}", "mode": "{{ item.mode }}"},
            "loop": "{{ peer.files }}",
            "loop_control": {"label": "{{ item.dest }}"},
        },
        *_database_tasks(),
    ]
    return [{"name": "Peer", "hosts": "tenants", "gather_facts": False, "tasks": tasks}]


def _database_tasks() -> list[dict[str, t.Any]]:
    server = {"login_host": "{{ peer.login_host }}", "login_port": "{{ peer.login_port }}", "ssl_mode": "verify-full"}
    server |= {**LOGIN, "ca_cert": "{{ peer.ca }}"}
    user = {"name": "{{ item.name }}", "password": "{{ item.password }}", "conn_limit": "{{ item.limit }}"}
    return [
        {
            "name": "Roles",
            "community.postgresql.postgresql_user": {**server, "login_db": "postgres", **user},
            "loop": "{{ peer.roles }}",
            "loop_control": {"label": "{{ item.name }}"},
            "no_log": True,
        },
        {
            "name": "Database",
            "community.postgresql.postgresql_db": {
                **server,
                "maintenance_db": "postgres",
                "name": "{{ peer.database }}",
            },
        },
    ]


def _declare(machines: Machines, place: str, tenants: list[Asked], folder: Path) -> None:
    """What runs of each tenant, as the peers' modules are told it."""
    names = [one.tenant.tenant for one in tenants]
    listing = machines.run(place, "docker", "ps", "--all", "--format", '{{.Names}} {{.Label "sysgenpro.odoo/tenant"}}')
    containers = {tenant: name for name, _space, tenant in (line.partition(" ") for line in listing.splitlines())}
    found = json.loads(machines.run(place, "docker", "inspect", *(containers[name] for name in names)))
    networks = json.loads(
        machines.run(
            place, "docker", "network", "inspect", *(f"{one.tenant.region}-{one.tenant.tenant}" for one in tenants)
        )
    )
    for one, container, network in zip(tenants, found, networks, strict=True):
        values = _values(machines, one, container, network, folder)
        path = folder / "host_vars" / f"{one.tenant.tenant}.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"peer": values}), encoding="utf-8")


def _values(
    machines: Machines, one: Asked, container: dict[str, t.Any], network: dict[str, t.Any], folder: Path
) -> dict[str, t.Any]:
    tenant = one.tenant
    config = network["IPAM"]["Config"][0]
    etc = machines.folder / tenant.place / "etc"
    roots = sorted({bind.split(":")[0] for bind in container["HostConfig"]["Binds"]})
    paths = [
        path
        for root in roots
        for path in sorted((etc / Path(root).relative_to("/etc/sysgenpro")).rglob("*"))
        if path.is_file()
    ]
    paths.append(etc / Path(tenant.traefik_dynamic_path).relative_to("/etc/sysgenpro") / f"{tenant.tenant}.yml")
    files = []
    for number, path in enumerate(paths):
        copy = folder / "files" / tenant.tenant / str(number)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
        mode = f"0{path.stat().st_mode & 0o777:o}"
        files.append({"src": str(copy), "dest": f"/etc/sysgenpro/{path.relative_to(etc)}", "mode": mode})
    return {
        "network": network["Name"],
        "ipam": [{"subnet": config["Subnet"], "gateway": config["Gateway"]}],
        "container": docker_peer.container(container, network["Name"]),
        "files": files,
        "roles": [
            {"name": tenant.database_user, "password": one.passwords[0], "limit": connection_budget(tenant)},
            {"name": tenant.reporting_user, "password": one.passwords[1], "limit": tenant.reporting_connections},
        ],
        "database": tenant.database,
        "login_host": tenant.postgresql.host,
        "login_port": tenant.postgresql.primary_port,
        "ca": tenant.ca_file,
    }
