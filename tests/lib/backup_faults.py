"""The backups of one cluster of the local region: what the scheduler says, what the stores hold, and faults done to them.

The stores are seen with boto3, the backups with pgBackRest in a container of their own and a key that can only read.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import re
import shutil
import subprocess
import tempfile
import time
import typing as t
from pathlib import Path

import boto3
from botocore.config import Config
from fault_proxy import issue
from local_region import ADDRESS, SECRETS
from postgresql_faults import Cluster, docker

CA = SECRETS / "ca"
POSTGRES = 999


@dataclasses.dataclass(frozen=True)
class Repository:
    """One of the repositories; ``owner`` of the store's secrets."""

    number: int
    store: str
    owner: str
    port: int
    bucket: str

    @property
    def named(self) -> str:
        return f"repository {self.number} ({ADDRESS}/{self.bucket})"

    def keys(self, purpose: str) -> tuple[str, str]:
        read = [(SECRETS / f"{self.owner}/{purpose}_{name}_key").read_text().strip() for name in ("access", "secret")]
        return read[0], read[1]

    def s3(self, purpose: str = "backups_reader") -> t.Any:
        access, secret = self.keys(purpose)
        config = Config(s3={"addressing_style": "path"}, request_checksum_calculation="when_required")
        return boto3.client(
            "s3",
            endpoint_url=f"https://{ADDRESS}:{self.port}",
            aws_access_key_id=access,
            aws_secret_access_key=secret,
            region_name="us-east-1",
            verify=str(CA / "ca.crt"),
            config=config,
        )

    def objects(self, prefix: str) -> dict[str, str]:
        """Current keys below a prefix with their ETags."""
        pages = self.s3().get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        return {item["Key"]: item["ETag"] for page in pages for item in page.get("Contents", ())}


FIRST = Repository(1, "local-s31-seaweedfs", "object_storage", 8333, "local-backups")
SECOND = Repository(2, "local-offsite1-seaweedfs", "object_storage_offsite", 8343, "local-offsite-backups")


class Report(t.NamedTuple):
    """What `backup-scheduler now` said."""

    code: int
    seconds: float
    by_repository: dict[int, dict[str, t.Any]]


@dataclasses.dataclass
class Backups:
    """The backups of a cluster whose members are named."""

    cluster: Cluster
    scheduler: str

    @property
    def stanza(self) -> str:
        return self.cluster.name

    def prefixes(self) -> list[str]:
        return [f"postgresql/{kind}/{self.stanza}/" for kind in ("archive", "backup")]

    def now(self, kind: str = "incr", timeout: float = 500) -> Report:
        started = time.monotonic()
        argv = ["docker", "exec", self.scheduler, "backup-scheduler", "now", kind]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=timeout, check=False)
        reports = [json.loads(line) for line in done.stdout.splitlines()]
        by_repository = {report["repository"]: report for report in reports}
        return Report(done.returncode, round(time.monotonic() - started, 1), by_repository)

    def status(self) -> str:
        """Why the backups are not well; empty where they are."""
        argv = ["docker", "exec", self.scheduler, "backup-scheduler", "status"]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == (1 if done.stderr else 0), done
        return done.stderr.strip()

    def until(self, what: str, met: t.Callable[[], bool], timeout: float = 400) -> float:
        started = time.monotonic()
        while time.monotonic() < started + timeout:
            if met():
                return round(time.monotonic() - started, 1)
            time.sleep(1)
        raise TimeoutError(f"{what} did not come about in {timeout:g} s; the scheduler says: {self.status()!r}")

    def until_well(self) -> float:
        return self.until("a healthy scheduler", lambda: not self.status())

    def write(self, rows: int = 10) -> str:
        """Write rows and end the segment they are in; its name."""
        first = self.cluster.execute("SELECT coalesce(max(number), 0) FROM write WHERE writer = 0")[0][0]
        numbers = f"generate_series({first + 1}, {first + rows})"
        self.cluster.execute(f"INSERT INTO write SELECT 0, number FROM {numbers} AS number")
        segment = self.cluster.execute("SELECT pg_walfile_name(pg_current_wal_lsn())")[0][0]
        self.cluster.execute("SELECT pg_switch_wal()", "postgres")
        return str(segment)

    def archived(self, repository: Repository, segment: str) -> bool:
        prefix = f"postgresql/archive/{self.stanza}/17-1/{segment[:16]}/{segment}-"
        return bool(repository.objects(prefix))

    def until_archived(self, repository: Repository, segment: str, timeout: float = 400) -> float:
        return self.until(f"{segment} in {repository.bucket}", lambda: self.archived(repository, segment), timeout)

    def rows(self) -> int:
        return int(self.cluster.execute("SELECT count(*) FROM write")[0][0])

    @contextlib.contextmanager
    def certificates_expired(self) -> t.Iterator[None]:
        """Every member's pgBackRest has a certificate that has ended; theirs are back afterwards."""
        folders = {member: Path(f"/etc/sysgenpro/{member}/pgbackrest") for member in self.cluster.rests}
        kept = {path: path.read_bytes() for folder in folders.values() for path in _pair(folder)}
        try:
            for member, folder in folders.items():
                names = [f"{member.replace('_', '-')}.local.internal", ADDRESS]
                for path, content in zip(_pair(folder), issue(CA, names, expired=True), strict=True):
                    path.write_bytes(content)
                docker("kill", "--signal", "HUP", f"local-{member}-pgbackrest")
            yield
        finally:
            for path, content in kept.items():
                path.write_bytes(content)
            for member in folders:
                docker("kill", "--signal", "HUP", f"local-{member}-pgbackrest")


def _pair(folder: Path) -> list[Path]:
    return [folder / "server.crt", folder / "server.key"]


@contextlib.contextmanager
def stopped(repository: Repository) -> t.Iterator[None]:
    """The store's container is stopped: connections are refused."""
    docker("stop", "--time", "20", repository.store)
    try:
        yield
    finally:
        docker("start", repository.store)
        deadline = time.monotonic() + 120
        while docker("inspect", "-f", "{{.State.Health.Status}}", repository.store) != "healthy":
            assert time.monotonic() < deadline, f"{repository.store} does not become healthy"
            time.sleep(1)


@contextlib.contextmanager
def disabled(repository: Repository, master: int) -> t.Iterator[None]:
    """The store refuses the identity that the repository is written with: 403."""
    _shell(repository, master, f"s3.user.disable -name {repository.bucket}")
    try:
        yield
    finally:
        _shell(repository, master, f"s3.user.enable -name {repository.bucket}")


def _shell(repository: Repository, master: int, command: str) -> None:
    argv = ["docker", "exec", "-i", repository.store, "weed", "shell", f"-master=127.0.0.1:{master}"]
    done = subprocess.run(argv, input=f"{command}\n", capture_output=True, text=True, timeout=60, check=False)
    assert "error" not in done.stderr, done.stderr


class Scratch:
    """pgBackRest and a PostgreSQL of their own, with keys that can read and list and nothing else."""

    def __init__(self, stanza: str, *, passphrase: str = "") -> None:
        self.stanza, self.name = stanza, "local-faults-restore"
        self.image = docker("inspect", "-f", "{{.Config.Image}}", f"local-{stanza}_backup1-backup")
        self.folder = Path(tempfile.mkdtemp(prefix="restore-", dir="/var/tmp"))
        (self.folder / "data").mkdir(mode=0o700)
        (self.folder / "etc").mkdir()
        shutil.copy(CA / "ca.crt", self.folder / "etc/ca.crt")
        member = next(Path("/etc/sysgenpro").glob(f"{stanza}_db1/pgbackrest/backup.conf"))
        (self.folder / "etc/pgbackrest.conf").write_text(self._configuration(member.read_text(), passphrase))
        (self.folder / "etc/postgresql.conf").write_text(
            "listen_addresses = ''\nunix_socket_directories = '/tmp'\nhba_file = '/etc/pgbackrest/pg_hba.conf'\n"
            "hot_standby = off\nshared_buffers = '64MB'\nmax_connections = 300\nmax_locks_per_transaction = 256\n"
        )
        (self.folder / "etc/pg_hba.conf").write_text("local all all trust\n")
        subprocess.run(["chown", "-R", f"{POSTGRES}:{POSTGRES}", str(self.folder)], check=True)

    def _configuration(self, text: str, passphrase: str) -> str:
        for repository in (FIRST, SECOND):
            access, secret = repository.keys("backups_reader")
            begin = f"repo{repository.number}"
            text = re.sub(rf"{begin}-s3-key=.*", f"{begin}-s3-key={access}", text)
            text = re.sub(rf"{begin}-s3-key-secret=.*", f"{begin}-s3-key-secret={secret}", text)
            if passphrase:
                text = re.sub(rf"{begin}-cipher-pass=.*", f"{begin}-cipher-pass={passphrase}", text)
        return "".join(f"{line}\n" for line in text.splitlines() if not re.match(r"pg(?!1-path)", line))

    def __enter__(self) -> Scratch:
        return self

    def __exit__(self, *_exception: object) -> None:
        docker("rm", "-f", self.name, check=False)
        shutil.rmtree(self.folder)

    def run(self, *arguments: str, detach: bool = False) -> subprocess.CompletedProcess[str]:
        argv = ["docker", "run", "--network=host", f"--user={POSTGRES}:{POSTGRES}", "--memory=1g"]
        argv += ["--detach", f"--name={self.name}"] if detach else ["--rm"]
        argv += ["--volume", f"{self.folder}/etc:/etc/pgbackrest:ro", "--volume", f"{self.folder}:/var/lib/postgresql"]
        # An error may quote what a wrong passphrase made of a file.
        return subprocess.run(
            [*argv, self.image, *arguments], capture_output=True, text=True, errors="replace", timeout=500, check=False
        )

    def pgbackrest(self, command: str, *options: str) -> subprocess.CompletedProcess[str]:
        return self.run("pgbackrest", f"--stanza={self.stanza}", *options, command)

    def restore(self, repository: Repository, *options: str) -> subprocess.CompletedProcess[str]:
        shutil.rmtree(self.folder / "data")
        (self.folder / "data").mkdir(mode=0o700)
        subprocess.run(["chown", f"{POSTGRES}:{POSTGRES}", str(self.folder / "data")], check=True)
        return self.pgbackrest("restore", f"--repo={repository.number}", "--archive-mode=off", *options)

    def serve(self) -> None:
        """Start what was restored and wait until it takes writes."""
        docker("rm", "-f", self.name, check=False)
        self.run(
            *("postgres", "-D", "/var/lib/postgresql/data", "-c", "config_file=/etc/pgbackrest/postgresql.conf"),
            detach=True,
        )
        deadline = time.monotonic() + 240
        while self.query("SELECT pg_is_in_recovery()", check=False) != "f":
            if time.monotonic() > deadline:
                raise TimeoutError(docker("logs", "--tail", "30", self.name))
            time.sleep(1)

    def query(self, statement: str, database: str = "postgres", *, check: bool = True) -> str:
        return docker("exec", self.name, "psql", "-XAtqh", "/tmp", "-d", database, "-c", statement, check=check)
