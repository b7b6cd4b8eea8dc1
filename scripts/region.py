"""The containers of a region as Docker knows them."""

from __future__ import annotations

import json
import subprocess
import typing as t

LABEL = "sysgenpro.odoo/"


class Container(t.NamedTuple):
    """A container that carries the region's label."""

    id: str
    name: str
    component: str
    tenant: str
    state: str


def docker(*arguments: str) -> str:
    """Return what docker prints, or nothing where it is not installed or does not answer."""
    try:
        done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout if done.returncode == 0 else ""


def parse(inspected: list[dict[str, t.Any]]) -> list[Container]:
    """Return the containers of `docker inspect`, ordered by name; the state is the health where there is a check."""
    containers = []
    for entry in inspected:
        labels = entry["Config"].get("Labels") or {}
        state = entry["State"].get("Health", {}).get("Status") or entry["State"]["Status"]
        tenant, component = labels.get(LABEL + "tenant", ""), labels.get(LABEL + "component", "")
        containers.append(Container(entry["Id"], entry["Name"].lstrip("/"), component, tenant, state))
    return sorted(containers, key=lambda container: container.name)


def containers(region: str) -> list[Container]:
    """Return the region's containers, running or not."""
    ids = docker("ps", "--all", "--quiet", "--no-trunc", "--filter", f"label={LABEL}region={region}").split()
    return parse(json.loads(docker("inspect", "--type", "container", *ids) or "[]")) if ids else []
