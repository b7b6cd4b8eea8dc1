"""Faults done to the machine that runs a container: its packets dropped, its disk full."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
import typing as t
from pathlib import Path

ADDRESS = "172.30.255.1"
CHAIN = "SYSGENPRO-FAULTS"
#: Size of the file system that mount_over makes: max_wal_size of globex (as much as its memory) fits twice.
WAL_MIB = 1536
#: Members of the region's etcd and their client ports.
ETCD = {"db1": 2379, "db2": 2381, "db3": 2383}


class Cut(t.NamedTuple):
    """A control group whose processes are cut off: its path in the hierarchy and its directory."""

    path: str
    directory: Path

    def holds(self, processes: t.Iterable[int]) -> bool:
        return set(processes) <= {int(pid) for pid in (self.directory / "cgroup.procs").read_text().split()}

    def reaches_etcd(self) -> bool:
        """Whether a process that joins the group reaches any member of etcd."""
        return reaches_etcd(f"echo $$ >{self.directory}/cgroup.procs && ")


def reaches_etcd(before: str = "") -> bool:
    """Whether a new process of this machine reaches any member of etcd; ``before`` is shell that it runs first."""
    tries = [f"timeout 2 bash -c '</dev/tcp/{ADDRESS}/{port}'" for port in ETCD.values()]
    return run("bash", "-c", f"{before}{{ {' || '.join(tries)}; }}").returncode == 0


def mount_over(wal: Path) -> None:
    """A file system in memory with the directory's content, at the directory's place."""
    kept = wal.with_name("pg_wal.beside")
    run("cp", "-a", str(wal), str(kept))
    owner = wal.stat()
    options = f"size={WAL_MIB}m,mode=0700,uid={owner.st_uid},gid={owner.st_gid}"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(wal)], check=True)
    subprocess.run(["cp", "-a", f"{kept}/.", str(wal)], check=True)
    shutil.rmtree(kept)


def unmount_from(wal: Path) -> None:
    """The directory again, with what the file system held in the end."""
    kept = wal.with_name("pg_wal.beside")
    subprocess.run(["cp", "-a", str(wal), str(kept)], check=True)
    subprocess.run(["umount", str(wal)], check=True)
    if not (wal.parent / "PG_VERSION").exists():
        # Patroni gave the data up and could not remove the mount: it copies the leader's anew once nothing is left.
        shutil.rmtree(wal.parent)
        return
    for entry in wal.iterdir():
        shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    subprocess.run(["cp", "-a", f"{kept}/.", str(wal)], check=True)
    shutil.rmtree(kept)


@contextlib.contextmanager
def filled(directory: Path) -> t.Iterator[None]:
    """No room left on the file system of ``directory``; another one than the machine's own."""
    if directory.stat().st_dev == directory.parent.stat().st_dev:
        raise RuntimeError(f"{directory} is on the same file system as {directory.parent}")
    ballast = directory / "sysgenpro-ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(1 << 20))
    try:
        yield
    finally:
        ballast.unlink(missing_ok=True)


def run(*argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)


def local_ports(processes: t.Collection[int]) -> set[int]:
    """Local ports of the established connections of ``processes``."""
    ports = set()
    for line in run("ss", "-Htnp", "state", "established").stdout.splitlines():
        if any(f"pid={pid}," in line for pid in processes):
            ports.add(int(line.split()[2].rpartition(":")[2]))
    return ports


@contextlib.contextmanager
def control_group(processes: t.Collection[int]) -> t.Iterator[Cut]:
    """A control group (version 2, which may be mounted beside version 1) with ``processes`` and all they start."""
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run(["mount", "-t", "cgroup2", "none", directory], check=True)
        root = Path(directory)
        before = next(
            line[3:]
            for line in Path(f"/proc/{next(iter(processes))}/cgroup").read_text().splitlines()
            if line[:3] == "0::"
        )
        group = root / before.strip("/") / "sysgenpro-faults"
        group.mkdir(exist_ok=True)
        try:
            for pid in processes:
                with contextlib.suppress(ProcessLookupError):
                    (group / "cgroup.procs").write_text(str(pid))
            yield Cut(str(group.relative_to(root)), group)
        finally:
            for moved in (group / "cgroup.procs").read_text().split():
                with contextlib.suppress(ProcessLookupError):
                    (group.parent / "cgroup.procs").write_text(moved)
            group.rmdir()
            subprocess.run(["umount", directory], check=True)


@contextlib.contextmanager
def chain() -> t.Iterator[str]:
    """A chain that every packet this machine sends goes through."""
    iptables("-N", CHAIN)
    try:
        iptables("-I", "OUTPUT", "1", "-j", CHAIN)
        yield CHAIN
    finally:
        iptables("-D", "OUTPUT", "-j", CHAIN, check=False)
        iptables("-F", CHAIN)
        iptables("-X", CHAIN)


def iptables(*arguments: str, check: bool = True) -> None:
    subprocess.run(["iptables", "-w", *arguments], check=check, capture_output=True, timeout=30)
