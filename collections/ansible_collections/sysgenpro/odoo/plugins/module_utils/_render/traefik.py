# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A tenant's routes, as one file of Traefik's file provider."""

from __future__ import annotations

import dataclasses
import json
import typing as t

from .odoo_conf import GEVENT_PORT, HTTP_PORT

if t.TYPE_CHECKING:
    from .._model.secrets import Secrets
    from .._model.tenant import Tenant

#: Refused on the public path, whatever the number of slashes and the case.
BLOCKED = r"(?i)^/+(xmlrpc|jsonrpc|json|web/+database|queue_job)(/|$)"
#: The only paths of the integration host.
INTEGRATION = r"^/(xmlrpc|jsonrpc|json)(/|$)"
#: An allowlist nobody is on: Traefik refuses an empty one.
NOBODY = ("255.255.255.255/32",)
ENTRY_POINT = "websecure"
#: Service and middleware of the role traefik's shared routes, in the same directory.
PAGES = "pages"
ASLEEP = "page-asleep"


@dataclasses.dataclass(frozen=True)
class Route:
    """One way in. Where several match, the highest ``priority`` wins; ``middlewares`` are keys of middlewares()."""

    name: str
    rule: str
    workload: str
    middlewares: tuple[str, ...]
    priority: int


def routes(tenant: Tenant, websocket: str) -> tuple[Route, ...]:
    """The tenant's ways in, the same on every runtime.

    :param websocket: workload that serves the websocket; C(web) for a compact tenant, whose one process serves both.
    """
    host, integration = f"Host(`{tenant.host}`)", f"Host(`{tenant.integration_host}`)"
    return (
        Route("web", host, "web", ("retry",), 10),
        Route("websocket", f"{host} && PathPrefix(`/websocket`)", websocket, (), 20),
        Route("blocked", f"{host} && PathRegexp(`{BLOCKED}`)", "web", ("nobody",), 100),
        Route("integration", f"{integration} && PathRegexp(`{INTEGRATION}`)", "web", ("integration", "retry"), 20),
        Route("integration-rest", integration, "web", ("nobody",), 10),
    )


def middlewares(tenant: Tenant) -> dict[str, dict[str, t.Any]]:
    """What routes pass through, by name; the fields are the same in files and in custom resources."""
    return {
        "nobody": {"ipAllowList": {"sourceRange": list(NOBODY)}},
        "integration": {"ipAllowList": {"sourceRange": list(tenant.integration_allowlist) or list(NOBODY)}},
        # Traefik retries only what it could not yet write to a server, so no order is posted twice.
        "retry": {"retry": {"attempts": 3, "initialInterval": "100ms"}},
    }


def service_name(tenant: Tenant, workload: str) -> str:
    """Name of the Traefik service that balances a workload."""
    return f"{tenant.tenant}-{workload}"


def render(tenant: Tenant, secrets: Secrets, web: t.Sequence[str], websocket: t.Sequence[str]) -> str:
    """The tenant's dynamic configuration, JSON (which is YAML).

    :param web: addresses of the web containers.
    :param websocket: addresses of the websocket containers; empty for a compact tenant, whose one process serves both.
    """
    name = tenant.tenant
    services = {service_name(tenant, "web"): _service("web", web)}
    if websocket:
        services[service_name(tenant, "websocket")] = _service("websocket", websocket)
    document: dict[str, t.Any] = {
        "http": {
            "routers": {
                f"{name}-{route.name}": _router(tenant, route)
                for route in routes(tenant, "websocket" if websocket else "web")
            },
            "middlewares": {f"{name}-{key}": value for key, value in middlewares(tenant).items()},
            "services": services,
        }
    }
    return _text(document, secrets)


def asleep(tenant: Tenant, secrets: Secrets) -> str:
    """As render, of a tenant that sleeps: all its names lead to the page of the role traefik that says so."""
    hosts = {"web": tenant.host, "integration": tenant.integration_host}
    routers = {
        f"{tenant.tenant}-{name}": {
            "rule": f"Host(`{host}`)",
            "service": PAGES,
            "entryPoints": [ENTRY_POINT],
            "priority": 10,
            "tls": {},
            "middlewares": [ASLEEP],
        }
        for name, host in hosts.items()
    }
    return _text({"http": {"routers": routers}}, secrets)


def _text(document: dict[str, t.Any], secrets: Secrets) -> str:
    if secrets.certificate:
        document["tls"] = {"certificates": [{"certFile": secrets.certificate, "keyFile": secrets.private_key}]}
    return json.dumps(document, indent=1, sort_keys=True) + "\n"


def public(text: str) -> dict[str, t.Any]:
    """The document without its private key, for diffs and results."""
    document: dict[str, t.Any] = json.loads(text) if text else {}
    document.pop("tls", None)
    return document


def _router(tenant: Tenant, route: Route) -> dict[str, t.Any]:
    router: dict[str, t.Any] = {
        "rule": route.rule,
        "service": service_name(tenant, route.workload),
        "entryPoints": [ENTRY_POINT],
        "priority": route.priority,
        "tls": {},
    }
    names = [f"{tenant.tenant}-{name}" for name in route.middlewares]
    return {**router, "middlewares": names} if names else router


def server_urls(workload: str, addresses: t.Sequence[str]) -> list[str]:
    """URLs of a workload's containers, sorted."""
    port = GEVENT_PORT if workload == "websocket" else HTTP_PORT
    return [f"http://{address}:{port}" for address in sorted(addresses)]


def _service(workload: str, addresses: t.Sequence[str]) -> dict[str, t.Any]:
    path = "/websocket/health" if workload == "websocket" else "/web/health"
    return {
        "loadBalancer": {
            "servers": [{"url": url} for url in server_urls(workload, addresses)],
            # One that is down is asked often, so that it serves as soon as it can.
            "healthCheck": {"path": path, "interval": "5s", "unhealthyInterval": "500ms", "timeout": "3s"},
        }
    }
