"""Faults done to the PostgreSQL cluster that serves one tenant, while four connections write.

Each must cost no acknowledged row and no longer gap than is promised, and leave its evidence.
"""

from __future__ import annotations

import contextlib
import json
import time
import typing as t
import urllib.request

import local_region as region
import machine_faults as machine
import postgresql_faults as faults
import pytest
from fault_evidence import record
from postgresql_faults import BOUND, Cluster, docker
from writes import Writes

if t.TYPE_CHECKING:
    from pathlib import Path

#: Seconds that writes may pause where nobody has to take over.
BLINK = 5
#: Ports on which globex's proxies tell their health.
HEALTH = {1: 5519, 2: 5539}


@pytest.fixture(scope="module")
def cluster() -> t.Iterator[Cluster]:
    found = faults.globex()
    with found.own_database():
        yield found


class Outcome(t.NamedTuple):
    """What a fault cost: the longest pause of all writers together in seconds, and rows."""

    gap: float
    acknowledged: int
    lost: int

    def within(self, bound: float) -> bool:
        """Nothing acknowledged was lost, nobody waited longer than ``bound``, and there was enough to lose."""
        return self.lost == 0 and self.gap <= bound and self.acknowledged > 100


def outcome(cluster: Cluster, name: str, fault: t.Callable[[Cluster], None], **seen: t.Any) -> Outcome:
    gap, writes = faults.done_to(cluster, fault)
    cost = Outcome(round(gap, 3), len(writes.acknowledged), writes.lost())
    record(name, **cost._asdict(), **seen)
    return cost


@pytest.mark.ci
def test_postmaster_killed(cluster: Cluster) -> None:
    assert outcome(cluster, "postgresql-postmaster-killed", faults.kill_postmaster).within(BOUND)


@pytest.mark.ci
def test_container_killed(cluster: Cluster) -> None:
    assert outcome(cluster, "postgresql-container-killed", faults.kill_leader).within(BOUND)


def test_member_cut_off(cluster: Cluster) -> None:
    """A leader that nobody hears must stop taking writes before another one leads."""
    seen: dict[str, t.Any] = {}

    def cut(cluster: Cluster) -> None:
        leader = cluster.leader().name
        with cluster.cut_off(leader) as cut:
            assert cut.holds(cluster.processes(leader))
            assert not cut.reaches_etcd()
            assert machine.reaches_etcd()
            seen["seconds_until_another_led"] = cluster.until("another", lambda: faults.another_leads(cluster, leader))
            seen["takes_writes"] = takes_writes(cluster, leader)
            seen["conditions"] = sorted(cluster.conditions())

    assert outcome(cluster, "postgresql-member-cut-off", cut, seen=seen).within(BOUND)
    assert seen["takes_writes"] is False
    assert "member_down" in seen["conditions"]


def takes_writes(cluster: Cluster, member: str) -> bool:
    """Whether the member's own server, asked inside its container, would write; one that is down does not."""
    argv = ["exec", cluster.container(member), "psql", "-XAtqp", str(cluster.servers[member]), "-c"]
    return docker(*argv, "SELECT NOT pg_is_in_recovery()", check=False) == "t"


def test_etcd_minority_lost(cluster: Cluster) -> None:
    leader = cluster.leader().name

    def lose(cluster: Cluster) -> None:
        with faults.etcd_lost(["db1"]):
            time.sleep(25)
            assert cluster.leader().name == leader

    assert outcome(cluster, "postgresql-etcd-minority-lost", lose).within(BLINK)


@pytest.mark.ci
def test_etcd_majority_lost(cluster: Cluster) -> None:
    """Longer than a lease lasts: the leader hears of every other member, so it goes on (failsafe mode)."""
    leader = cluster.leader().name
    seen: set[str] = set()

    def lose(cluster: Cluster) -> None:
        with faults.etcd_lost(["db1", "db2"]):
            assert not faults.etcd_has_a_majority()
            end = time.monotonic() + BOUND
            while time.monotonic() < end:
                seen.update(cluster.conditions())
                time.sleep(1)

    assert outcome(cluster, "postgresql-etcd-majority-lost", lose).within(BLINK)
    assert "dcs_unreachable" in seen
    assert cluster.leader().name == leader
    assert faults.etcd_has_a_majority()


@pytest.mark.ci
def test_synchronous_standby_lost(cluster: Cluster) -> None:
    """One lost is replaced by the other replica; with both lost the state has a name, and writes go on."""
    leader = cluster.leader().name
    seen: dict[str, t.Any] = {}

    def lose(cluster: Cluster) -> None:
        replicas = [member for member in cluster.rests if member != leader]
        first = cluster.standby()
        (second,) = set(replicas) - {first}
        cluster.kill_container(first)
        try:
            seen["other_took_over"] = cluster.until("the other standby", lambda: cluster.standby() == second)
            cluster.kill_container(second)
            named = lambda: "synchronous_standby_lost" in cluster.conditions()  # noqa: E731
            seen["named_after"] = cluster.until("its name", named)
            seen["conditions"] = sorted(cluster.conditions())
            seen["module"] = module_says(leader)
        finally:
            for member in replicas:
                cluster.start_container(member)

    assert outcome(cluster, "postgresql-synchronous-standby-lost", lose, seen=seen).within(BOUND)
    assert seen["module"] == "synchronous_standby_lost"
    assert cluster.leader().name == leader
    assert cluster.conditions() == set()


def module_says(member: str) -> str:
    """The condition that the module patroni_cluster reports, run as an operator would."""
    found = region.ansible_module(
        "globex_db1",
        "sysgenpro.odoo.patroni_cluster",
        members=[f"https://{region.ADDRESS}:{port}" for port in (8451, 8452, 8453)],
    )
    assert found["cluster"]["leader"] == member
    return str(found["condition"])


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("component", ["haproxy", "pgbouncer"])
def test_proxy_killed(cluster: Cluster, component: str, number: int) -> None:
    """The next connection goes through the other proxy; sessions through the killed one are lost."""
    container = f"local-globex_proxy{number}-{component}"
    port = 6442
    tenant = region.tenant_login("globex_production", port)
    gaps: list[float] = []
    with contextlib.closing(tenant()):
        docker("kill", container)
        try:
            started = time.monotonic()
            while time.monotonic() < started + 10:
                began = time.monotonic()
                with contextlib.closing(tenant()) as connection, connection.cursor() as cursor:
                    cursor.execute("SELECT NOT pg_is_in_recovery()")
                    assert cursor.fetchone() == (True,)
                gaps.append(time.monotonic() - began)
            answered = region.web_answers("globex.localhost")
        finally:
            docker("start", container)
            cluster.until("a proxy that knows the leader", lambda: proxy_is_well(number))
    record(
        f"postgresql-{component}{number}-killed",
        connections=len(gaps),
        slowest=round(max(gaps), 3),
        odoo_answered=answered,
    )
    assert max(gaps) < BLINK
    assert answered == 200


def test_proxy_hangs(cluster: Cluster) -> None:
    """A proxy that accepts connections and says nothing is passed over after connect_timeout, which is 3 s."""
    login = region.tenant_login("globex_production", 6442)
    docker("pause", "local-globex_proxy1-haproxy")
    try:
        began = time.monotonic()
        with contextlib.closing(login()) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT NOT pg_is_in_recovery()")
            assert cursor.fetchone() == (True,)
        seconds = time.monotonic() - began
    finally:
        docker("unpause", "local-globex_proxy1-haproxy")
        cluster.until("a proxy that knows the leader", lambda: proxy_is_well(1))
    record("postgresql-proxy-hangs", seconds=round(seconds, 3))
    assert seconds < BLINK


def proxy_is_well(number: int) -> bool:
    """Whether the HAProxy has found the one member that leads; one that just started takes each of them for it."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{HEALTH[number]}/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_asynchronous_cluster_loses_rows(cluster: Cluster) -> None:
    """The negative control: what the other tests count as lost can be lost, and is seen."""
    writes = faults.negative_control(cluster)
    lost = writes.lost()
    record("postgresql-negative-control", acknowledged=len(writes.acknowledged), lost=lost)
    assert lost > 0


def test_wal_disk_full(cluster: Cluster) -> None:
    """The leader's WAL has no room: another member leads, the full one is named, and returns when there is room."""
    full = cluster.standby()
    seen: dict[str, t.Any] = {}

    def lost_the_lead() -> bool:
        cluster.use_up_segments(full)
        return faults.another_leads(cluster, full)

    with cluster.small_wal(full) as wal:
        cluster.make_lead(full)
        with Writes(cluster) as writes:
            started = time.monotonic()
            with machine.filled(wal):
                seen["seconds_until_another_led"] = cluster.until("another", lost_the_lead)
                writes.wait_for_more()
                cluster.until("its name", lambda: bool(cluster.conditions()))
                seen["conditions"] = [condition.text for condition in faults.conditions(cluster.seen())]
                seen["log"] = [line for line in cluster.log(full, started) if "No space left on device" in line][-1:]
            seen["healthy_after"] = cluster.until("health", lambda: not cluster.conditions(), timeout=240)
            writes.wait_for_more()
        lost, gap = writes.lost(), writes.gap(started)
    record("postgresql-wal-full", gap=round(gap, 3), lost=lost, acknowledged=len(writes.acknowledged), seen=seen)
    assert lost == 0
    assert gap <= BOUND
    assert any(text.startswith(full) for text in seen["conditions"])
    assert seen["log"]


def test_rolling_upgrade(cluster: Cluster, tmp_path: Path) -> None:
    """The playbook moves every member to another image, and back; this one differs by a label alone."""
    lock = json.loads(faults.LOCK.read_text())
    locked = lock["postgresql"]["image"]
    other = "sysgenpro/postgresql:17-other"
    (tmp_path / "Dockerfile").write_text(f"FROM {locked}\nLABEL other=1\n")
    docker("build", "--tag", other, str(tmp_path))
    lock["postgresql"]["image"] = other
    changed = tmp_path / "images.json"
    changed.write_text(json.dumps(lock))

    def upgrade(_cluster: Cluster) -> None:
        region.playbook("upgrade_postgresql.yml", cluster="globex", images_lock_file=str(changed))
        assert {cluster.image(member) for member in cluster.rests} == {other}

    try:
        assert outcome(cluster, "postgresql-rolling-upgrade", upgrade, image=other).within(BOUND)
    finally:
        region.playbook("upgrade_postgresql.yml", cluster="globex")
        docker("image", "rm", other, check=False)
    assert {cluster.image(member) for member in cluster.rests} == {locked}
