#!/usr/bin/env python3
"""Check that this machine can hold the local region: system, memory, disk, ports. Prints every problem, exits 1 on any.

With --cluster it is to hold a cluster beside it as well.

Needs nothing but Python's standard library, because it runs before anything is installed.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from listeners import Listener, listeners
from region import containers

REGION = "local"
PRIVATE_ADDRESS = "172.30.255.1"
# Carries the second proxy of each cluster.
PROXY_ADDRESS = "172.30.254.1"
# The kernel keeps a part of the memory for itself: a machine sold with 12 GiB shows a little less.
KERNEL_MIB = 512
MEMORY_GIB, MEMORY_GIB_WITH_CLUSTER = 12, 16
# Images and their build take about 8 GiB, the region's volumes and their growth the rest.
DISK_MIB_FIRST = 20 * 1024
DISK_MIB_AGAIN = 4 * 1024
# Where the local region's services listen; a unit test compares this with inventories/local and the roles' defaults.
PUBLIC_PORTS = {80, 443}
PRIVATE_PORTS = {
    *(1025, 8333, 18333, 8343, 18343),  # mail capture, object storage here and off-site
    *(2379, 2380, 2381, 2382, 2383, 2384),  # etcd
    *(5441, 5442, 5443, 8441, 8442, 8443),  # PostgreSQL and Patroni, shared
    *(5451, 5452, 5453, 8451, 8452, 8453),  # PostgreSQL and Patroni, globex
    *(8461, 8462, 8463, 8471, 8472, 8473),  # pgBackRest
    *(8481, 8482, 8483, 8491, 8492, 8493),  # backup agents
    *(6379, 6389),  # Redis
}
PROXY_PORTS = {
    *(5500, 5501, 5510, 5511, 6432, 6442),  # HAProxy: primary, replica and pooler
    *(6464, 6465),  # PgBouncer
}
LOOPBACK_PORTS = {
    *(5509, 5519, 5529, 5539),  # HAProxy's health
    *(8098, 8099),  # pages, Traefik's API
    *(8333, 18333, 9333, 9340, 9341, 19333, 19340, 19341),  # object storage, its parts and their gRPC
    *(8343, 18343, 9353, 9360, 9361, 19353, 19360, 19361),  # the same off-site
}


def system_problems(release: str, user: int) -> list[str]:
    """Return what speaks against this system; release is the text of /etc/os-release."""
    values = dict(line.split("=", 1) for line in release.splitlines() if "=" in line)
    name = values.get("PRETTY_NAME", "unknown").strip('"')
    family, version = values.get("ID", "").strip('"'), values.get("VERSION_ID", "").strip('"')
    problems = []
    if user != 0:
        problems.append("it is not run by root: use sudo")
    if family != "debian" or version not in ("12", "13"):
        problems.append(f"the system is {name}; Debian 12 or 13 is needed")
    return problems


def memory_problems(meminfo: str, needed_gib: int = MEMORY_GIB) -> list[str]:
    """Return what speaks against this machine's memory; meminfo is the text of /proc/meminfo."""
    total = next(int(line.split()[1]) // 1024 for line in meminfo.splitlines() if line.startswith("MemTotal:"))
    enough = total >= needed_gib * 1024 - KERNEL_MIB
    return [] if enough else [f"memory is {total} MiB; at least {needed_gib} GiB are needed"]


def disk_problems(free_mib: int, path: Path, *, again: bool) -> list[str]:
    """Return what speaks against the disk; a region that stands already needs room to grow, not to be built."""
    needed = DISK_MIB_AGAIN if again else DISK_MIB_FIRST
    if free_mib >= needed:
        return []
    return [f"{path} has {free_mib // 1024} GiB free; at least {needed // 1024} GiB are needed"]


def port_problems(sockets: list[Listener], ours: set[str]) -> list[str]:
    """Return a line for each port of the region that something else holds."""
    wanted = {(port, PRIVATE_ADDRESS) for port in PUBLIC_PORTS | PRIVATE_PORTS | PROXY_PORTS}
    wanted |= {(port, PROXY_ADDRESS) for port in PROXY_PORTS}
    wanted |= {(port, "127.0.0.1") for port in PUBLIC_PORTS | LOOPBACK_PORTS}
    problems = []
    for socket in sockets:
        taken = any(port == socket.port and socket.takes(address) for port, address in wanted)
        if taken and socket.container not in ours:
            holder = f"{socket.process} (process {socket.pid})" if socket.pid else "an unknown process"
            problems.append(f"port {socket.port} of {socket.address} is held by {holder}: stop it first")
    return problems


def main() -> int:
    """Print the problems and return the exit status."""
    memory = MEMORY_GIB_WITH_CLUSTER if "--cluster" in sys.argv[1:] else MEMORY_GIB
    region = {container.id for container in containers(REGION)}
    data = next(path for path in (Path("/var/lib/docker"), Path("/var/lib"), Path("/")) if path.exists())
    problems = [
        *system_problems(Path("/etc/os-release").read_text(), os.geteuid()),
        *memory_problems(Path("/proc/meminfo").read_text(), memory),
        *disk_problems(shutil.disk_usage(data).free >> 20, data, again=bool(region)),
        *port_problems(listeners(), region),
    ]
    for problem in problems:
        print(f"This machine cannot hold the local region: {problem}.", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
