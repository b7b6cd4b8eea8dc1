"""A fleet of eight tenants on two Docker hosts over SSH: each place is asked once, and only what differs is touched."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import typing as t

import fleet_machines
import fleet_region
import psycopg2
import pytest
from fleet_services import POSTGRESQL_PORT

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SIZE = 8


@dataclasses.dataclass
class Run:
    """What a playbook said."""

    status: int
    text: str

    @property
    def recap(self) -> dict[str, int]:
        """Hosts that were touched, each with its number of changes."""
        lines = self.text.split("PLAY RECAP", 1)[1].splitlines()
        return {line.split()[0]: int(line.split("changed=")[1].split()[0]) for line in lines if "changed=" in line}

    @property
    def changed(self) -> list[str]:
        return [host for host, count in self.recap.items() if count]


@pytest.fixture(scope="module")
def fleet() -> Iterator[fleet_region.Fleet]:
    with fleet_region.running(fleet_machines.folder(), 2, {SIZE}) as running:
        running.fill(SIZE)
        yield running


class Played:
    """Runs the playbook tenants on the fleet."""

    def __init__(self, fleet: fleet_region.Fleet, root: Path) -> None:
        self.fleet, self.root = fleet, root

    def __call__(self, *arguments: str) -> Run:
        argv = ["ansible-playbook", "-i", "inventories/catalogue", "-i", str(self.fleet.inventory(SIZE))]
        environment = {**os.environ, "ANSIBLE_FORCE_COLOR": "0"}
        done = subprocess.run(
            [*argv, "playbooks/tenants.yml", *arguments],
            cwd=self.root,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return Run(done.returncode, done.stdout + done.stderr)

    def good(self, *arguments: str) -> Run:
        done = self(*arguments)
        assert done.status == 0, done.text[-4000:]
        return done


@pytest.fixture
def tenants(fleet: fleet_region.Fleet, root: Path) -> Played:
    """The playbook, on a fleet that is as declared."""
    play = Played(fleet, root)
    play.good()
    return play


def container(fleet: fleet_region.Fleet, place: str, tenant: str) -> str:
    label = f"label=sysgenpro.odoo/tenant={tenant}"
    return fleet.machines.run(
        place, "docker", "ps", "--all", "--format", "{{.Names}} {{.State}}", "--filter", label
    ).strip()


def sql(fleet: fleet_region.Fleet, statement: str) -> None:
    connection = psycopg2.connect(
        host=str(fleet.services.folder), port=POSTGRESQL_PORT, user="postgres", dbname="postgres"
    )
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(statement)
    connection.close()


def test_nothing_to_do_touches_nothing(tenants: Played) -> None:
    again = tenants.good()
    assert f"{SIZE} tenants: {SIZE} as declared, 0 to converge" in again.text
    assert again.changed == []
    # One tenant a place asked; no other host was spoken to.
    assert len(again.recap) == 2


def stop(fleet: fleet_region.Fleet, tenant: str) -> None:
    name = container(fleet, "docker1", tenant).split()[0]
    fleet.machines.run("docker1", "docker", "stop", "--time", "1", name)


def remove(fleet: fleet_region.Fleet, tenant: str) -> None:
    name = container(fleet, "docker1", tenant).split()[0]
    fleet.machines.run("docker1", "docker", "rm", "--force", name)


def forget_route(fleet: fleet_region.Fleet, tenant: str) -> None:
    (fleet.machines.folder / f"docker1/etc/traefik/dynamic/{tenant}.yml").unlink()


def edit_file(fleet: fleet_region.Fleet, tenant: str) -> None:
    path = next((fleet.machines.folder / f"docker1/etc/tenants/{tenant}").glob("web-*/plain/*"))
    path.write_text(path.read_text() + "; by hand\n")


def limit_role(fleet: fleet_region.Fleet, tenant: str) -> None:
    sql(fleet, f"ALTER ROLE {tenant} CONNECTION LIMIT 1")


def another_password(fleet: fleet_region.Fleet, tenant: str) -> None:
    sql(fleet, f"ALTER ROLE {tenant} PASSWORD 'another'")


def forget_user(fleet: fleet_region.Fleet, tenant: str) -> None:
    with fleet.services.redis() as redis:
        redis.acl_delete(tenant)


@pytest.mark.parametrize(
    "fault",
    [stop, remove, forget_route, edit_file, limit_role, another_password, forget_user],
    ids=lambda fault: fault.__name__,
)
def test_what_was_changed_by_hand_is_found_and_mended(
    tenants: Played, fleet: fleet_region.Fleet, fault: t.Callable[[fleet_region.Fleet, str], None]
) -> None:
    name = fleet.names[2]
    fault(fleet, name)
    seen = tenants.good("--check")
    assert f"{SIZE - 1} as declared, 1 to converge ({name})" in seen.text
    mended = tenants.good()
    assert mended.changed == [name]
    assert container(fleet, "docker1", name).endswith("running")
    assert tenants.good().changed == []


def test_a_limit_asks_and_touches_nobody_else(tenants: Played, fleet: fleet_region.Fleet) -> None:
    chosen, other = fleet.names[0], fleet.names[2]
    for name in (chosen, other):
        stop(fleet, name)
    done = tenants.good("--limit", chosen)
    assert list(done.recap) == [chosen]
    assert done.changed == [chosen]
    assert "1 tenant: 0 as declared" in done.text
    assert container(fleet, "docker1", other).endswith("exited")
    assert tenants.good().changed == [other]


def test_a_canary_that_fails_protects_the_others(tenants: Played, fleet: fleet_region.Fleet) -> None:
    before = [container(fleet, "docker1", name) for name in fleet.names[::2]]
    canary = fleet.names[4]
    path = fleet.inventory(SIZE) / "host_vars" / f"{canary}.yml"
    kept = path.read_text()
    path.write_text(f"{kept}odoo_canary: true\n")
    try:
        done = tenants("-e", "odoo_image=sysgenpro/odoo:does-not-exist")
    finally:
        path.write_text(kept)
    assert done.status == 2
    assert f"{SIZE} to converge" in done.text
    assert "Image sysgenpro/odoo:does-not-exist is not on this host" in done.text
    assert done.changed == []
    assert "PLAY [Converge tenants]" not in done.text
    assert [container(fleet, "docker1", name) for name in fleet.names[::2]] == before


def test_every_tenants_result_can_be_read_by_a_machine(tenants: Played, fleet: fleet_region.Fleet) -> None:
    stop(fleet, fleet.names[0])
    os.environ["ANSIBLE_SHOW_CUSTOM_STATS"] = "true"
    try:
        done = tenants.good()
    finally:
        del os.environ["ANSIBLE_SHOW_CUSTOM_STATS"]
    stats = done.text.split("CUSTOM STATS", 1)[1]
    for name in fleet.names:
        assert name in stats
    assert "it is exited" in stats
