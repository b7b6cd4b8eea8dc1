#!/usr/bin/env python3
"""Print what runs in the local region: tenants, components, the time each stage of the last run took.

    status.py STATE [--kubeconfig FILE] [--json]

STATE holds tenants.json (written by status.yml), stages.json (by the callback sysgenpro.odoo.progress) and prepared,
the seconds the tools' environment took (by quickstart.sh); each may be missing.
"""

from __future__ import annotations

import argparse
import json
import typing as t
from pathlib import Path

from listeners import Listener, listeners
from pods import pods
from region import Container, containers

REGION = "local"


def load(path: Path, default: t.Any) -> t.Any:
    """Return a file's JSON value, or the default where there is no such file."""
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        return default


def tenant_state(tenant: str, running: list[Container]) -> str:
    """Return how many of a tenant's containers or pods are up, ``4/4 up``; one that just started has not been asked for its health."""
    own = [container for container in running if container.tenant == tenant]
    good = sum(container.state in ("healthy", "running", "starting") for container in own)
    return f"{good}/{len(own)} up" if own else "absent"


def component_rows(running: list[Container], sockets: list[Listener]) -> list[dict[str, t.Any]]:
    """Return a row for each platform container or pod with the addresses it listens on, those of the network first."""
    rows = []
    for container in running:
        if not container.component or container.tenant:
            continue
        own = {
            (s.address.startswith(("127.", "::1")), s.port, s.address) for s in sockets if s.container == container.id
        }
        network = [f"{address}:{port}" for loopback, port, address in sorted(own) if not loopback]
        loopback = [f"{address}:{port}" for loopback, port, address in sorted(own) if loopback]
        rows.append(
            {
                "component": container.component,
                "name": container.name,
                "state": container.state,
                "address": next(iter(network + loopback), None),
                "addresses": network + loopback,
            }
        )
    return sorted(rows, key=lambda row: (row["component"], row["name"]))


def report(
    tenants: list[dict[str, t.Any]], stages: list[dict[str, t.Any]], recap: dict[str, t.Any], kubeconfig: Path
) -> dict[str, t.Any]:
    """Join what is declared with what runs, on Docker and in the cluster where there is one."""
    running = [*containers(REGION), *pods(kubeconfig, REGION)]
    return {
        "region": REGION,
        "tenants": [{**tenant, "state": tenant_state(tenant["tenant"], running)} for tenant in tenants],
        "components": component_rows(running, listeners()),
        "stages": stages,
        "recap": recap,
    }


def table(header: tuple[str, ...], rows: t.Sequence[tuple[str, ...]]) -> str:
    """Return rows under a header, in columns as wide as their widest cell."""
    widths = [max(len(row[column]) for row in (header, *rows)) for column in range(len(header))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (header, *rows)
    ]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def human(seconds: float) -> str:
    """Return seconds as minutes and seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def conclusion(recap: dict[str, dict[str, int]]) -> str:
    """Return the sentence that says what the last run did."""
    broken = sorted(host for host, counts in recap.items() if counts["failures"] or counts["unreachable"])
    changed = sum(counts["changed"] for counts in recap.values())
    if broken:
        return f"The last run failed on {', '.join(broken)}."
    if not recap:
        return "No run has finished here."
    return f"The last run made {changed} changes." if changed else "Nothing changed: the region is as declared."


def shown(addresses: list[str]) -> str:
    """Return the addresses people need: those on loopback only where there are no others."""
    network = [address for address in addresses if not address.startswith(("127.", "::1"))]
    return ", ".join(network or addresses) or "-"


def text(status: dict[str, t.Any]) -> str:
    """Return the report for people."""
    columns = ("tenant", "url", "database", "tier", "model", "runtime", "state")
    tenants = [tuple(str(tenant[column]) for column in columns) for tenant in status["tenants"]]
    passwords = [
        (tenant["tenant"], tenant["admin_login"], tenant["admin_password_file"]) for tenant in status["tenants"]
    ]
    components = [
        (row["component"], row["name"], row["state"], ", ".join(row["addresses"]) or "-")
        for row in status["components"]
    ]
    total = sum(stage["seconds"] for stage in status["stages"])
    stages = [(stage["name"], human(stage["seconds"])) for stage in status["stages"]]
    return "\n\n".join(
        [
            table(columns, tenants),
            table(("tenant", "login", "password in the file"), passwords),
            table(("component", "container or pod", "state", "addresses"), components),
            table(("stage", "time"), [*stages, ("total", human(total))]),
            conclusion(status["recap"]),
        ]
    )


def stage_times(state: Path) -> list[dict[str, t.Any]]:
    """Return the stages of the last run, the preparation of the tools before those of Ansible."""
    stages = load(state / "stages.json", {}).get("stages", [])
    prepared = load(state / "prepared", None)
    return [{"name": "Tools on the controller", "seconds": prepared}, *stages] if prepared is not None else stages


def main() -> None:
    """Print the report."""
    parser = argparse.ArgumentParser(description="Print what runs in the local region.")
    parser.add_argument("state", type=Path, help="directory of the region's state")
    parser.add_argument(
        "--kubeconfig", type=Path, default=Path("/dev/null"), help="file of the region's cluster; it may be missing"
    )
    parser.add_argument("--json", action="store_true", help="for machines")
    arguments = parser.parse_args()
    status = report(
        load(arguments.state / "tenants.json", []),
        stage_times(arguments.state),
        load(arguments.state / "stages.json", {}).get("recap", {}),
        arguments.kubeconfig,
    )
    print(json.dumps(status, indent=2) if arguments.json else text(status))


if __name__ == "__main__":
    main()
