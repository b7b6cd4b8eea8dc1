"""A running container as the arguments of community.docker.docker_container that declare it."""

from __future__ import annotations

import typing as t


def container(item: dict[str, t.Any], network: str) -> dict[str, t.Any]:
    """Arguments of community.docker.docker_container for a container as it runs."""
    host = item["HostConfig"]
    return {
        "name": item["Name"].lstrip("/"),
        "image": item["Config"]["Image"],
        "image_name_mismatch": "ignore",
        "user": item["Config"]["User"],
        "command": item["Config"]["Cmd"] or [],
        "read_only": host["ReadonlyRootfs"],
        "capabilities": [],
        "cap_drop": host["CapDrop"],
        "security_opts": host["SecurityOpt"],
        "volumes": host["Binds"],
        "tmpfs": [f"{path}:{options}" for path, options in host["Tmpfs"].items()],
        "memory": str(host["Memory"]),
        "pids_limit": host["PidsLimit"],
        "restart_policy": host["RestartPolicy"]["Name"],
        "labels": {key: value for key, value in item["Config"]["Labels"].items() if key.startswith("sysgenpro.odoo/")},
        "networks": [
            {"name": network, "ipv4_address": item["NetworkSettings"]["Networks"][network]["IPAMConfig"]["IPv4Address"]}
        ],
        "networks_cli_compatible": True,
        "network_mode": network,
        "state": "started",
    }
