"""Backups and the stores they lie in: each fault leaves the cluster serving, is reported by name and is made good."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import time
import typing as t

import pytest
from backup_faults import CA, FIRST, SECOND, Backups, Repository, Scratch, disabled, stopped
from botocore.exceptions import ClientError
from fault_evidence import record
from fault_proxy import Fault, before_store
from local_region import ADDRESS
from postgresql_faults import docker, globex

MASTER = 9333
#: What pgBackRest may take with a repository that does not answer: its own time-outs, then the other repository.
BOUND = 420


@pytest.fixture
def backups() -> t.Iterator[Backups]:
    cluster = globex()
    found = Backups(cluster, "local-globex_backup1-backup")
    found.until_well()
    with cluster.own_database():
        yield found
    found.until_well()


@contextlib.contextmanager
def answering(status: int = 0, delay: float = 0) -> t.Iterator[None]:
    """The first store's requests for this cluster fail; those of the other cluster pass."""
    with before_store(ADDRESS, FIRST.port, CA, Fault("globex", status=status, delay=delay)) as proxy:
        yield
        assert proxy.hits


FAULTS: dict[str, tuple[t.Callable[[], t.Any], str]] = {
    "refusing": (lambda: stopped(FIRST), "Connection refused|unable to connect"),
    "403": (lambda: disabled(FIRST, MASTER), "403"),
    "500": (lambda: answering(status=500), "500"),
    "slow": (lambda: answering(delay=30), "timeout|did not end within"),
    "expired certificate": (
        lambda: before_store(ADDRESS, FIRST.port, CA, Fault("no request"), expired=True),
        "certificate has expired|expired",
    ),
}


@pytest.mark.parametrize("name", list(FAULTS))
def test_one_store_fails(backups: Backups, name: str) -> None:
    """Writes go on, WAL and backups reach the other store, the failure is named; afterwards the first catches up."""
    fault, said = FAULTS[name]
    facts: dict[str, t.Any] = {}
    with fault():
        segment = backups.write()
        facts["archived_in_second"] = backups.until_archived(SECOND, segment)
        if name in ("403", "slow"):  # the others keep this test from looking, too
            assert not backups.archived(FIRST, segment)
        report = backups.now()
        facts["report"] = report._asdict()
        assert report.code == 1
        assert report.seconds < BOUND
        first, second = report.by_repository[1], report.by_repository[2]
        assert (first["result"], first["store"]) == ("failed", f"{ADDRESS}/{FIRST.bucket}")
        assert_matches(said, first["error"])
        assert second["result"] == "success", second
        facts["status_after"] = backups.until("a named failure", lambda: FIRST.named in backups.status())
        facts["status"] = backups.status()
        assert backups.rows() == 10
    facts["archived_in_first"] = backups.until_archived(FIRST, segment)
    facts["well_after"] = backups.until_well()
    after = backups.now()
    assert after.code == 0, after
    record(f"backups-store-{name.replace(' ', '-')}", **facts)


def assert_matches(pattern: str, text: str) -> None:
    assert re.search(pattern, text), text


def test_certificates_of_the_members_expire(backups: Backups) -> None:
    """No member can be asked, which is said of each; with valid ones the next backup works and nothing is restarted."""
    with backups.certificates_expired():
        report = backups.now()
        assert report.code == 1
        for part in report.by_repository.values():
            for member in backups.cluster.rests:
                assert member in part["error"]
            assert "certificate has expired" in part["error"]
        waited = backups.until("a named failure", lambda: "certificate has expired" in backups.status())
        segment = backups.write()
        backups.until_archived(FIRST, segment)
        backups.until_archived(SECOND, segment)
    after = backups.now()
    assert after.code == 0, after
    record("backups-member-certificates-expired", error=report.by_repository[1]["error"], status_after=waited)


def test_switchover_between_two_backups(backups: Backups) -> None:
    """The scheduler is told nothing of a fail-over and needs nothing."""
    before = backups.cluster.leader().name
    assert backups.now().code == 0
    backups.cluster.runner.switched_over(candidate=backups.cluster.standby(), leader=None)
    backups.cluster.until_healthy()
    report = backups.now()
    assert report.code == 0, report
    after = backups.cluster.leader().name
    assert after != before
    record("backups-switchover", leader=[before, after], report=report._asdict())


def snapshot(backups: Backups, repository: Repository) -> dict[str, str]:
    return {key: etag for prefix in backups.prefixes() for key, etag in repository.objects(prefix).items()}


#: How pgBackRest tells that it cannot decrypt. One wrong passphrase in 256 gives a valid padding, and what follows is no file.
UNREADABLE = "cipher|decrypt|encrypt|FormatError: key/value found outside of section"


def test_wrong_passphrase(backups: Backups) -> None:
    """It is said, and nothing is written over what the right one opens."""
    kept = snapshot(backups, FIRST)
    with Scratch(backups.stanza, passphrase="not-the-passphrase") as scratch:
        restore = scratch.restore(FIRST)
        info = json.loads(scratch.pgbackrest("info", "--repo=1", "--output=json").stdout, strict=False)
        assert not any((scratch.folder / "data").iterdir())
    assert restore.returncode != 0
    assert_matches(UNREADABLE, restore.stdout + restore.stderr)
    # The status that makes the scheduler create a stanza is another.
    (state,) = info[0]["repo"]
    assert state["status"]["code"] not in (0, 1, 2)
    assert_matches(UNREADABLE, state["status"]["message"])
    create = create_with_wrong_passphrase(backups)
    assert create.returncode != 0
    after = snapshot(backups, FIRST)
    assert {key: after.get(key) for key in kept if not key.startswith(backups.prefixes()[0])} == {
        key: etag for key, etag in kept.items() if not key.startswith(backups.prefixes()[0])
    }
    assert backups.now().code == 0
    record("backups-wrong-passphrase", restore=(restore.stdout + restore.stderr)[-600:], info=state["status"])


def create_with_wrong_passphrase(backups: Backups) -> subprocess.CompletedProcess[str]:
    """stanza-create with the member's own keys, which can write."""
    member = backups.cluster.leader().name
    shell = (
        "umask 077; sed 's/-cipher-pass=.*/-cipher-pass=not-the-passphrase/' /etc/pgbackrest/backup.conf > /tmp/wrong.conf;"
        f" pgbackrest --config=/tmp/wrong.conf --stanza={backups.stanza} stanza-create; code=$?; rm /tmp/wrong.conf; exit $code"
    )
    argv = ["docker", "exec", f"local-{member}-pgbackrest", "sh", "-c", shell]
    return subprocess.run(argv, capture_output=True, text=True, errors="replace", timeout=300, check=False)


def test_a_backup_is_tampered_with(backups: Backups) -> None:
    """Checking and restoring notice; the other store's backup is whole."""
    report = backups.now("full")
    assert report.code == 0, report
    label = report.by_repository[1]["label"]
    store = FIRST.s3("backups")
    objects = FIRST.objects(f"postgresql/backup/{backups.stanza}/{label}/bundle/")
    key = max(objects, key=lambda name: store.head_object(Bucket=FIRST.bucket, Key=name)["ContentLength"])
    original = store.get_object(Bucket=FIRST.bucket, Key=key)["Body"].read()
    middle = len(original) // 2
    forged = (
        original[:middle] + bytes(byte ^ 0xFF for byte in original[middle : middle + 4096]) + original[middle + 4096 :]
    )
    segment = backups.write()
    backups.until_archived(SECOND, segment)
    store.put_object(Bucket=FIRST.bucket, Key=key, Body=forged)
    try:
        with Scratch(backups.stanza) as scratch:
            verify = scratch.pgbackrest("verify", "--repo=1", "--output=text")
            restore = scratch.restore(FIRST, f"--set={label}", "--type=immediate", "--target-action=promote")
            assert "error" in (verify.stdout + verify.stderr).lower(), verify
            assert restore.returncode != 0, restore
            second = scratch.restore(SECOND)
            assert second.returncode == 0, second
            scratch.serve()
            assert int(scratch.query("SELECT count(*) FROM write", backups.cluster.database)) == backups.rows()
    finally:
        store.put_object(Bucket=FIRST.bucket, Key=key, Body=original)
    with Scratch(backups.stanza) as scratch:
        assert scratch.restore(FIRST, f"--set={label}", "--type=immediate").returncode == 0
    said = (verify.stdout + verify.stderr)[-600:]
    record("backups-tampered", key=key, verify=said, restore=(restore.stdout + restore.stderr)[-600:])


@pytest.mark.ci
def test_everything_is_deleted_by_somebody_with_the_repositories_keys(backups: Backups) -> None:
    """What the keys of both repositories can destroy is destroyed; the locked versions off-site bring the data back."""
    assert backups.now().code == 0
    segment = backups.write(1000)
    for repository in (FIRST, SECOND):
        backups.until_archived(repository, segment)
    rows = backups.rows()
    time.sleep(2)
    moment = time.strftime("%Y-%m-%d %H:%M:%S+00", time.gmtime())
    time.sleep(2)
    docker("stop", backups.scheduler)
    try:
        refused = destroy(backups)
        assert all(not snapshot(backups, repository) for repository in (FIRST, SECOND))
        with Scratch(backups.stanza) as scratch:
            assert scratch.restore(FIRST).returncode != 0
            assert scratch.restore(SECOND).returncode != 0
            started = time.monotonic()
            restored = scratch.restore(SECOND, f"--repo-target-time={moment}")
            assert restored.returncode == 0, restored
            scratch.serve()
            seconds = round(time.monotonic() - started, 1)
            assert int(scratch.query("SELECT count(*) FROM write", backups.cluster.database)) == rows
    finally:
        docker("start", backups.scheduler)
    waited = backups.until(
        "new backups", lambda: all(snapshot(backups, r) for r in (FIRST, SECOND)) and not backups.status()
    )
    runs = docker("exec", backups.scheduler, "tail", "-n", "10", "/var/lib/backup/runs.jsonl").splitlines()
    lost = [json.loads(line) for line in runs if '"lost"' in line]
    assert {report["repository"] for report in lost} == {1, 2}
    assert backups.now().code == 0
    record(
        "backups-ransomware",
        rows=rows,
        refused=refused,
        restored_in=seconds,
        target_time=moment,
        lost=lost,
        new_backups_after=waited,
    )


def destroy(backups: Backups) -> dict[str, str]:
    """Overwrite and delete whatever each repository's own key lets one, versions too; what was refused off-site."""
    for repository in (FIRST, SECOND):
        store = repository.s3("backups")
        for key in snapshot(backups, repository):
            store.put_object(Bucket=repository.bucket, Key=key, Body=b"pay")
            store.delete_object(Bucket=repository.bucket, Key=key)
    refused = {}
    prefix = f"postgresql/backup/{backups.stanza}/backup.info"
    listed = SECOND.s3().list_object_versions(Bucket=SECOND.bucket, Prefix=prefix)["Versions"]
    newest = max((item for item in listed if item["Size"] > 3), key=lambda item: item["LastModified"])
    for purpose in ("backups", "admin"):
        with pytest.raises(ClientError) as error:
            SECOND.s3(purpose).delete_object(
                Bucket=SECOND.bucket, Key=newest["Key"], VersionId=newest["VersionId"], BypassGovernanceRetention=True
            )
        refused[purpose] = error.value.response["Error"]["Code"]
    assert set(refused.values()) == {"AccessDenied"}
    return refused
