"""A running PostgreSQL cluster of the local region: faults done to it, and writes that say what became of them.

Faults use Docker, signals and packet filters; what the cluster says comes from patroni_cluster's own adapter.
"""

from __future__ import annotations

import contextlib
import subprocess
import time
import typing as t
from pathlib import Path

import psycopg2
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters import patroni
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge.patroni import Runner
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.patroni import Member, Topology, conditions
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import OdooError
from local_region import ADDRESS, PROXIES, SECRETS
from machine_faults import ETCD, chain, control_group, iptables, local_ports, mount_over, run, unmount_from
from writes import Writes

if t.TYPE_CHECKING:
    from machine_faults import Cut

#: Seconds that a failed member or a lost lead may cost: ttl + loop_wait + retry_timeout of the region.
BOUND = 20 + 5 + 5
#: What the region's images are called.
LOCK = SECRETS / "images.json"


def docker(*arguments: str, check: bool = True) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False, timeout=120)
    if check and done.returncode:
        raise RuntimeError(f"docker {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout.strip()


class NotYet(Exception):
    """What is asked for does not exist at this moment."""


class Cluster:
    """One cluster of the local region and a database of its own in it."""

    def __init__(self, name: str, *, rests: dict[str, int], servers: dict[str, int], primary: int) -> None:
        self.name, self.primary, self.rests, self.servers = name, primary, rests, servers
        self.database = f"faults_{name}"
        first = next(iter(rests))
        self._files = f"/etc/sysgenpro/{first}/patroni"
        self._password = (SECRETS / f"postgresql/{name}/provisioner").read_text().strip()
        self.runner = Runner(
            patroni.Cluster(self._endpoints()),
            timeout=120,
            check_mode=False,
            watch=lambda: patroni.Watch(self._endpoints()),
        )

    def _endpoints(self) -> list[patroni.Endpoint]:
        return patroni.endpoints(
            [f"https://{ADDRESS}:{port}" for port in self.rests.values()],
            ca_file=f"{self._files}/ca.crt",
            client_cert=f"{self._files}/server.pem",
            user="patroni",
            password=(SECRETS / f"postgresql/{self.name}/patroni").read_text().strip(),
            timeout=2,
        )

    def seen(self) -> Topology:
        return self.runner.cluster.observe()

    def leader(self) -> Member:
        leader = self.seen().leader
        if leader is None:
            raise NotYet(f"{self.name} has no leader")
        return leader

    def standby(self) -> str:
        """Name of the synchronous standby."""
        found = next((member.name for member in self.seen().members if member.role == "sync_standby"), None)
        if found is None:
            raise NotYet(f"{self.name} has no synchronous standby")
        return found

    def conditions(self) -> set[str]:
        return {condition.name for condition in conditions(self.seen())}

    def until(self, what: str, met: t.Callable[[], bool], timeout: float = 120) -> float:
        """Seconds until ``met``; what Patroni cannot say meanwhile counts as not yet."""
        started = time.monotonic()
        while time.monotonic() < started + timeout:
            with contextlib.suppress(patroni.Unreachable, OdooError, psycopg2.Error, NotYet):
                if met():
                    return time.monotonic() - started
            time.sleep(0.2)
        raise TimeoutError(f"{self.name}: {what} did not come about in {timeout:g} s: {self.seen()}")

    def until_healthy(self) -> float:
        return self.until("health", lambda: not self.conditions())

    def connect(self, database: str = "", **options: t.Any) -> t.Any:
        connection = psycopg2.connect(
            host=PROXIES,
            port=self.primary,
            user="provisioner",
            password=self._password,
            dbname=database or self.database,
            sslmode="verify-full",
            sslrootcert=str(SECRETS / "ca/ca.crt"),
            connect_timeout=2,
            tcp_user_timeout=5000,
            **options,
        )
        connection.autocommit = True
        return connection

    def execute(self, statement: str, database: str = "") -> list[tuple[t.Any, ...]]:
        with contextlib.closing(self.connect(database)) as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return t.cast("list[tuple[t.Any, ...]]", cursor.fetchall()) if cursor.description else []

    @contextlib.contextmanager
    def own_database(self) -> t.Iterator[None]:
        """A database with the table of the writes, removed in the end. The cluster is healthy on both sides."""
        self.until_healthy()
        self.execute(f"DROP DATABASE IF EXISTS {self.database} WITH (FORCE)", "postgres")
        self.execute(f"CREATE DATABASE {self.database}", "postgres")
        try:
            self.execute("CREATE TABLE write (writer int, number int, PRIMARY KEY (writer, number))")
            yield
        finally:
            self.until_healthy()
            self.execute(f"DROP DATABASE IF EXISTS {self.database} WITH (FORCE)", "postgres")

    def container(self, member: str) -> str:
        return f"local-{member}-postgresql"

    def image(self, member: str) -> str:
        return docker("inspect", "-f", "{{.Config.Image}}", self.container(member))

    def make_lead(self, member: str) -> None:
        """Switch over until the member leads: in synchronous mode only the synchronous standby may, so it can take two."""
        for _ in range(6):
            self.until_healthy()
            leader = self.leader().name
            if leader == member:
                return
            self.runner.switched_over(candidate=member if self.standby() == member else None, leader=leader)
        raise RuntimeError(f"{member} does not come to lead {self.name}")

    def use_up_segments(self, member: str) -> None:
        """Have the member begin another WAL segment; what it has in store for that ends sooner."""
        argv = [
            "exec",
            self.container(member),
            "psql",
            "-XAtqp",
            str(self.servers[member]),
            "-c",
            "SELECT pg_switch_wal()",
        ]
        docker(*argv, check=False)

    def kill_container(self, member: str) -> None:
        """Every process of the container at once. Docker does not start a container again that it was told to kill."""
        docker("kill", self.container(member))

    def start_container(self, member: str) -> None:
        docker("start", self.container(member))

    def kill_postmaster(self, member: str) -> None:
        shell = "kill -9 $(head -n 1 /var/lib/postgresql/data/postmaster.pid)"
        docker("exec", self.container(member), "sh", "-c", shell)

    def log(self, member: str, since: float) -> list[str]:
        """Lines of the member's container since a moment of the monotonic clock."""
        lines = subprocess.run(
            ["docker", "logs", "--since", f"{int(time.monotonic() - since) + 1}s", self.container(member)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=True,
            timeout=60,
        )
        return lines.stdout.splitlines()

    @contextlib.contextmanager
    def small_wal(self, member: str) -> t.Iterator[Path]:
        """The member's pg_wal on a file system of its own, of WAL_MIB, while the block runs; its directory on this machine."""
        volume = docker("volume", "inspect", "-f", "{{.Mountpoint}}", self.container(member))
        wal = Path(volume) / "data/pg_wal"
        self._swap(member, lambda: mount_over(wal))
        try:
            yield wal
        finally:
            self._swap(member, lambda: unmount_from(wal))

    def _swap(self, member: str, change: t.Callable[[], None]) -> None:
        docker("stop", self.container(member))
        try:
            change()
        finally:
            self.start_container(member)
        self.until_healthy()

    def freeze_senders(self, member: str) -> None:
        """Stop the processes that send WAL: the server goes on and its replicas learn nothing more."""
        docker("exec", self.container(member), "pkill", "-STOP", "-f", "walsender")

    def processes(self, member: str) -> list[int]:
        """Every process of the member's container, as the machine numbers them."""
        return [int(pid) for pid in docker("top", self.container(member), "-eo", "pid").split()[1:]]

    @contextlib.contextmanager
    def cut_off(self, member: str) -> t.Iterator[Cut]:
        """Drop every packet that the member's container sends, to etcd, to other members and to clients.

        Its processes are told apart from those of the other members, which share the machine's network, by three marks: the
        ports it listens on, the local ports of the connections it has, and for new ones the control group they are made in.
        """
        with control_group(self.processes(member)) as group, chain() as into:
            own = [self.rests[member], self.servers[member]]
            for port in sorted({*own, *local_ports(self.processes(member))}):
                iptables("-A", into, "-p", "tcp", "--sport", str(port), "-j", "DROP")
            iptables("-A", into, "-m", "cgroup", "--path", group.path, "-j", "DROP")
            yield group


def etcd_has_a_majority() -> bool:
    """Whether a member of etcd answers a read that a majority must agree to."""
    keys = ["--cacert=/etc/etcd/ca.crt", "--cert=/etc/etcd/server.pem", "--key=/etc/etcd/server.pem"]
    argv = ["etcdctl", f"--endpoints=https://{ADDRESS}:{ETCD['db3']}", *keys, "--command-timeout=3s", "get", "probe"]
    return run("docker", "exec", "local-db3-etcd", *argv).returncode == 0


@contextlib.contextmanager
def etcd_lost(members: t.Collection[str]) -> t.Iterator[None]:
    """These members of etcd killed, and started again in the end."""
    for member in members:
        docker("kill", f"local-{member}-etcd")
    try:
        yield
    finally:
        for member in members:
            docker("start", f"local-{member}-etcd")


def globex() -> Cluster:
    """The cluster that faults are done to: it serves one tenant."""
    names = ("globex_db1", "globex_db2", "globex_db3")
    rests, servers = (
        dict(zip(names, (8451, 8452, 8453), strict=True)),
        dict(zip(names, (5451, 5452, 5453), strict=True)),
    )
    return Cluster("globex", rests=rests, servers=servers, primary=5510)


def another_leads(cluster: Cluster, leader: str) -> bool:
    now = cluster.leader()
    return now.name != leader and not now.down


def kill_leader(cluster: Cluster) -> None:
    """Another member must lead before the killed one returns, or nothing failed over."""
    leader = cluster.leader().name
    cluster.kill_container(leader)
    try:
        cluster.until("another leader", lambda: another_leads(cluster, leader))
    finally:
        cluster.start_container(leader)


def kill_standby(cluster: Cluster) -> None:
    standby = cluster.standby()
    cluster.kill_container(standby)
    time.sleep(2)
    cluster.start_container(standby)


def kill_postmaster(cluster: Cluster) -> None:
    cluster.kill_postmaster(cluster.leader().name)


def switch_over(cluster: Cluster) -> None:
    cluster.runner.switched_over(candidate=None, leader=cluster.leader().name)


def done_to(cluster: Cluster, fault: t.Callable[[Cluster], None]) -> tuple[float, Writes]:
    """The gap in seconds and the writes of a fault, once the cluster is healthy again."""
    with Writes(cluster) as writes:
        started = time.monotonic()
        fault(cluster)
        cluster.until_healthy()
        writes.wait_for_more()
    return writes.gap(started), writes


@contextlib.contextmanager
def asynchronous(cluster: Cluster) -> t.Iterator[None]:
    """The cluster without synchronous mode, which it has again in the end."""
    cluster.runner.configured({"synchronous_mode": False}, wait=True)
    try:
        yield
    finally:
        cluster.until("a leader", lambda: not cluster.leader().down)
        cluster.runner.configured({"synchronous_mode": True}, wait=True)
        cluster.until_healthy()


def negative_control(cluster: Cluster, seconds: float = 2) -> Writes:
    """Writes to an asynchronous leader whose senders were frozen for ``seconds`` before it died: some must be lost."""
    with asynchronous(cluster), Writes(cluster) as writes:
        cluster.freeze_senders(cluster.leader().name)
        time.sleep(seconds)
        kill_leader(cluster)
        writes.wait_for_more()
    return writes
