# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How one tenant is: what is declared, what runs, its database, its sleep, who worked on it last."""

from __future__ import annotations

import dataclasses
import json
import typing as t

from .._adapters import audit, postgresql
from .._adapters.postgresql import Server
from .._model.kubernetes_kinds import POD, Ref
from .._render import audit as audit_render
from .._render.containers import LABEL
from .._render.kubernetes.asleep import PAGE
from .._render.kubernetes.owner import WORKLOAD_LABEL, owner
from .._support.errors import OdooError
from . import kubernetes_memory, rest
from .stack import Stack

if t.TYPE_CHECKING:
    from .._adapters.docker_engine import DockerEngine
    from .._adapters.kubernetes_api import KubernetesApi
    from .._model.tenant import Tenant
    from .._plan.schedule import Rest

Object = t.Mapping[str, t.Any]

#: Lines of the audit trail that are shown.
LAST = 5
DATABASE = """
    SELECT pg_database_size(current_database()), pg_is_in_recovery(), current_setting('server_version'),
           (SELECT count(*) FROM pg_stat_activity WHERE usename = current_user)
"""


def declared(tenant: Tenant) -> dict[str, t.Any]:
    """What matters most of what the inventory says."""
    names = (
        "region", "environment", "tier", "hosting_model", "runtime", "place", "packing", "image", "postgresql_cluster",
        "redis_instance", "bucket", "time_zone", "awake_hours", "expires", "owner",
    )  # fmt: skip
    found = {name: getattr(tenant, name) for name in names}
    return {"url": f"https://{tenant.host}", **{name: value for name, value in found.items() if value}}


def of_docker(engine: DockerEngine, tenant: Tenant) -> dict[str, t.Any]:
    """Containers, sleep, and the restored server where one serves."""
    found = engine.containers({f"{LABEL}region": tenant.region, f"{LABEL}tenant": tenant.tenant})
    names = sorted(item["Names"][0].lstrip("/") for item in found)
    full = [(name, engine.inspect(name)) for name in names]
    stack = Stack(engine, tenant, "status")
    remembered = rest.read(stack.directory)
    containers = [_container(tenant, name, item) for name, item in full if item]
    return {
        "state": _state(containers, asleep=remembered.asleep),
        "sleep": _sleep(remembered),
        "served_by": stack.served_by(),
        "containers": containers,
    }


def of_kubernetes(api: KubernetesApi, tenant: Tenant) -> dict[str, t.Any]:
    whose = owner(tenant)
    pods = api.select(POD, namespace=whose.namespace, labels=whose.ownership) or []
    found = [_pod(tenant, pod) for pod in sorted(pods, key=lambda pod: str(pod["metadata"]["name"]))]
    namespace = api.get(Ref("v1", "Namespace", "", whose.namespace))
    remembered, server = kubernetes_memory.rest_of(namespace), kubernetes_memory.server_of(namespace)
    # A sleeper's page is no part of it that works.
    working = [item for item in found if item["workload"] != PAGE]
    state = _state(working if remembered.asleep else found, asleep=remembered.asleep)
    return {
        "state": state,
        "sleep": _sleep(remembered),
        "served_by": dataclasses.asdict(server) if server else None,
        "containers": found,
    }


def _sleep(remembered: Rest) -> dict[str, t.Any]:
    return dataclasses.asdict(remembered) if remembered.asleep else {"asleep": False, "until": remembered.until}


def _state(found: t.Sequence[Object], *, asleep: bool) -> str:
    good = sum(item["good"] for item in found)
    if asleep:
        return "asleep" if not any(item["state"] == "running" for item in found) else "asleep, but containers run"
    return f"{good} of {len(found)} well" if found else "nothing runs"


def _container(tenant: Tenant, name: str, full: Object) -> dict[str, t.Any]:
    state = full["State"]
    health = (state.get("Health") or {}).get("Status", "")
    return {
        "name": name,
        "workload": full["Config"]["Labels"].get(f"{LABEL}workload", ""),
        "state": state["Status"],
        "health": health,
        "since": state["StartedAt"] if state["Running"] else state["FinishedAt"],
        "restarts": full["RestartCount"],
        "killed_for_memory": state["OOMKilled"],
        "memory_mb": full["HostConfig"]["Memory"] // 1024**2,
        "release": "as declared" if full["Config"]["Image"] == tenant.image else full["Config"]["Image"],
        "good": bool(state["Running"]) and health != "unhealthy",
    }


def _pod(tenant: Tenant, pod: Object) -> dict[str, t.Any]:
    status = pod.get("status") or {}
    own: Object = next((item for item in status.get("containerStatuses") or [] if item["name"] == "odoo"), {})
    image = next(item["image"] for item in pod["spec"]["containers"] if item["name"] == "odoo")
    last = ((own.get("lastState") or {}).get("terminated") or {}).get("reason", "")
    return {
        "name": pod["metadata"]["name"],
        "workload": pod["metadata"]["labels"].get(WORKLOAD_LABEL, ""),
        "state": str(status.get("phase", "")).lower(),
        "health": "healthy" if own.get("ready") else "unhealthy",
        "since": status.get("startTime", ""),
        "restarts": own.get("restartCount", 0),
        "killed_for_memory": last == "OOMKilled",
        "node": pod["spec"].get("nodeName", ""),
        "release": "as declared" if image == tenant.image else image,
        "good": bool(own.get("ready")),
    }


def of_database(tenant: Tenant, password: str) -> dict[str, t.Any]:
    """Size, connections and release, as the tenant's own role sees them; what is wrong where it cannot be asked."""
    endpoint = tenant.postgresql
    server = Server(endpoint.host, endpoint.primary_port, tenant.ca_file)
    try:
        with postgresql.connect(
            server, user=tenant.database_user, password=password, database=tenant.database
        ) as connection:
            size, replica, version, connections = postgresql.query(connection, DATABASE)[0]
            comment = postgresql.databases(connection, [tenant.database])[tenant.database].comment
            neutral = postgresql.is_neutralised(connection)
    except OdooError as error:
        return {"name": tenant.database, "error": error.message}
    return {
        "name": tenant.database,
        "server": f"PostgreSQL {version}, {'replica' if replica else 'primary'}",
        "bytes": int(size),
        "connections": int(connections),
        "neutralised": neutral,
        "recorded": {key: value for key, value in comment.items() if key != "modules"},
    }


def of_trail(path: str, tenant: str) -> dict[str, t.Any]:
    """The last lines about the tenant in the host's audit trail, and whether the trail is whole."""
    lines = audit.read(path)
    first = audit_render.broken(lines)
    mine = [line for line in lines if _tenant(line) == tenant]
    found: dict[str, t.Any] = {"whole": first == 0, "last": [_short(line) for line in mine[-LAST:]]}
    return {**found, "broken_at_line": first} if first else found


def _tenant(line: str) -> str:
    try:
        return str(json.loads(line).get("tenant"))
    except (ValueError, AttributeError):
        return ""


def _short(line: str) -> dict[str, t.Any]:
    return {key: value for key, value in json.loads(line).items() if key not in ("previous", "tenant")}
