"""What the quickstart asks of a machine before it touches it."""

from __future__ import annotations

from pathlib import Path

import preflight
import pytest
import yaml
from listeners import Listener

BOOKWORM = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nID=debian\n'
OURS = "a" * 64


def listener(port: int, address: str = "0.0.0.0", container: str | None = None) -> Listener:
    return Listener(address, port, 4711, "nginx", container)


def test_debian_as_root_is_accepted() -> None:
    assert preflight.system_problems(BOOKWORM, 0) == []


def test_another_user_and_another_system_are_refused() -> None:
    problems = preflight.system_problems('PRETTY_NAME="Fedora 41"\nID=fedora\nVERSION_ID=41\n', 1000)
    assert problems == ["it is not run by root: use sudo", "the system is Fedora 41; Debian 12 or 13 is needed"]


@pytest.mark.parametrize(
    ("kib", "needed", "refused"), [(12_201_000, 12, False), (8_000_000, 12, True), (12_201_000, 16, True)]
)
def test_memory_has_a_floor_and_a_cluster_a_higher_one(kib: int, needed: int, *, refused: bool) -> None:
    assert bool(preflight.memory_problems(f"MemTotal: {kib} kB\nMemFree: 1 kB\n", needed)) is refused


def test_a_region_that_stands_needs_less_disk() -> None:
    path = Path("/var/lib/docker")
    assert preflight.disk_problems(5000, path, again=True) == []
    assert preflight.disk_problems(5000, path, again=False) == [
        "/var/lib/docker has 4 GiB free; at least 20 GiB are needed"
    ]


def test_a_taken_port_names_who_holds_it() -> None:
    problems = preflight.port_problems([listener(443)], ours=set())
    assert problems == ["port 443 of 0.0.0.0 is held by nginx (process 4711): stop it first"]


def test_our_own_container_may_hold_a_port() -> None:
    assert preflight.port_problems([listener(443, container=OURS)], ours={OURS}) == []


@pytest.mark.parametrize(
    ("address", "port"),
    [("127.0.0.1", 6379), ("10.1.2.3", 6379), ("0.0.0.0", 22), ("172.30.255.1", 8099), ("172.30.254.1", 5441)],
)
def test_a_port_on_an_address_we_do_not_use_is_free(address: str, port: int) -> None:
    assert preflight.port_problems([listener(port, address)], ours=set()) == []


@pytest.mark.parametrize(
    ("address", "port"),
    [("172.30.255.1", 6379), ("172.30.254.1", 6432), ("::", 2379), ("127.0.0.1", 80), ("127.0.0.1", 8099)],
)
def test_a_port_on_an_address_we_use_is_taken(address: str, port: int) -> None:
    assert len(preflight.port_problems([listener(port, address)], ours=set())) == 1


def ports(file: Path) -> set[int]:
    """Return the values of a file's variables whose names end in _port."""
    variables = yaml.safe_load(file.read_text()) or {}
    return {value for name, value in variables.items() if name.endswith("_port")}


def test_every_port_of_the_local_region_is_looked_at(root: Path, collection: Path) -> None:
    declared = {port for file in (root / "inventories/local/host_vars").glob("*.yml") for port in ports(file)}
    for role in ("object_storage", "traefik"):
        declared |= ports(collection / "roles" / role / "defaults/main.yml")
    known = preflight.PUBLIC_PORTS | preflight.PRIVATE_PORTS | preflight.PROXY_PORTS | preflight.LOOPBACK_PORTS
    assert declared - known == set()
