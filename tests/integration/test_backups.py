"""Backups and copies of the running region, seen with Docker, pgBackRest's own info and an S3 client."""

from __future__ import annotations

import json
import typing as t
import uuid

import pytest
from backup_faults import FIRST, SECOND, Repository
from botocore.exceptions import ClientError

from .conftest import SECRETS, Tenant, containers, run

CLUSTERS = {"shared": ("backup1", "db1"), "globex": ("globex_backup1", "globex_db1")}
ATTACHMENTS = "local-offsite-attachments"
COPY = "local-copy1-attachments-copy"


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_both_repositories_have_what_is_promised(cluster: str) -> None:
    scheduler, member = CLUSTERS[cluster]
    done = run("docker", "exec", f"local-{scheduler}-backup", "backup-scheduler", "status")
    assert (done.returncode, done.stderr) == (0, "")
    for number in ("1", "2"):
        argv = ["docker", "exec", f"local-{member}-pgbackrest", "pgbackrest", f"--stanza={cluster}"]
        (info,) = json.loads(run(*argv, f"--repo={number}", "--output=json", "info", check=True).stdout)
        assert info["status"]["code"] == 0
        assert info["cipher"] == "aes-256-cbc"
        assert "full" in {backup["type"] for backup in info["backup"]}
        assert info["archive"][-1]["max"]


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_backups_are_bundled_and_stored_by_blocks(cluster: str) -> None:
    """Bundles hold many files; beside a large file's content lies the map of its blocks."""
    _scheduler, member = CLUSTERS[cluster]
    found = run("cat", f"/etc/sysgenpro/{member}/pgbackrest/backup.conf", check=True).stdout
    for option in ("repo1-bundle=y", "repo2-bundle=y", "repo1-block=y", "repo2-block=y", "compress-type=zst"):
        assert option in found
    keys = list(FIRST.objects(f"postgresql/backup/{cluster}/"))
    assert any("/bundle/" in key for key in keys)
    assert any(key.endswith(".zst") for key in FIRST.objects(f"postgresql/archive/{cluster}/"))


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_the_scheduler_holds_a_certificate_and_no_key(cluster: str) -> None:
    """Neither its files nor its environment have anything of a repository's keys or of the passphrase."""
    scheduler, _member = CLUSTERS[cluster]
    name = f"local-{scheduler}-backup"
    inspected = run("docker", "inspect", name, check=True).stdout
    mounts = json.loads(inspected)[0]["Mounts"]
    assert {mount["Destination"] for mount in mounts} == {"/etc/backup", "/var/lib/backup"}
    held = run("docker", "exec", name, "sh", "-c", "cat /etc/backup/* /var/lib/backup/*; env", check=True).stdout
    secrets = [
        f"{owner}/backups{reader}_{part}_key"
        for owner in ("object_storage", "object_storage_offsite")
        for reader in ("", "_reader")
        for part in ("access", "secret")
    ]
    secrets.append(f"postgresql/{cluster}/backup_cipher")
    for secret in secrets:
        assert (SECRETS / secret).read_text().strip() not in held + inspected, secret
    listing = run("docker", "exec", name, "ls", "/etc/backup", check=True).stdout.split()
    assert listing == ["ca.crt", "client.crt", "client.key", "schedule.json"]


def test_its_certificate_opens_no_pgbackrest_server() -> None:
    """A client of those servers could read every file of PostgreSQL and of the repositories."""
    shell = (
        'for part in cert:crt key:key; do options="$options --pg1-host-${part%:*}-file=/etc/backup/client.${part#*:}"; done;'
        " pgbackrest --stanza=shared --pg1-host=172.30.255.1 --pg1-host-type=tls --pg1-host-port=8461"
        " --pg1-host-ca-file=/etc/backup/ca.crt $options --pg1-path=/var/lib/postgresql/data"
        " --repo1-path=/tmp/repo --log-level-file=off stanza-create"
    )
    done = run("docker", "exec", "local-backup1-backup", "sh", "-c", shell)
    assert done.returncode != 0
    assert "access denied" in done.stdout + done.stderr


def test_agents_refuse_members_and_strangers() -> None:
    """The right authority is not enough: the certificate must be the scheduler's of this cluster."""
    shell = "curl -s -o /dev/null -w '%{http_code}' --cacert ca.crt --cert server.crt --key server.key https://172.30.255.1:8481/state"
    done = run("sh", "-c", shell, cwd="/etc/sysgenpro/db2/pgbackrest")
    assert done.stdout == "403"
    other = shell.replace("server.", "client.")
    assert run("sh", "-c", other, cwd="/etc/sysgenpro/globex_backup1/backup").stdout == "403"
    assert run("sh", "-c", other, cwd="/etc/sysgenpro/backup1/backup").stdout == "200"
    without = run("curl", "-s", "--cacert", "/etc/sysgenpro/db2/pgbackrest/ca.crt", "https://172.30.255.1:8481/state")
    assert without.returncode != 0


def locked(repository: Repository, bucket: str, purpose: str, prefix: str = "") -> list[str]:
    """What deleting the newest version says, with the identity's key and with the administrator's."""
    reader = repository.s3(f"{purpose}_reader")
    listed = reader.list_object_versions(Bucket=bucket, Prefix=prefix)["Versions"]
    newest = max(listed, key=lambda item: item["LastModified"])
    said = []
    for key in (purpose, "admin"):
        with pytest.raises(ClientError) as error:
            repository.s3(key).delete_object(
                Bucket=bucket, Key=newest["Key"], VersionId=newest["VersionId"], BypassGovernanceRetention=True
            )
        said.append(error.value.response["Error"]["Code"])
    return said


def test_nobody_deletes_a_version_off_site() -> None:
    assert locked(SECOND, SECOND.bucket, "backups", "postgresql/backup/") == ["AccessDenied", "AccessDenied"]
    rule = SECOND.s3("admin").get_object_lock_configuration(Bucket=SECOND.bucket)
    assert rule["ObjectLockConfiguration"]["Rule"]["DefaultRetention"] == {"Mode": "COMPLIANCE", "Days": 14}


def test_older_versions_of_attachments_end_some_day(acme: Tenant) -> None:
    """The rule is there for the tenant's bucket, and something carries rules out."""
    admin = FIRST.s3("admin")
    assert admin.get_bucket_versioning(Bucket=acme.bucket)["Status"] == "Enabled"
    (rule,) = admin.get_bucket_lifecycle_configuration(Bucket=acme.bucket)["Rules"]
    assert rule["NoncurrentVersionExpiration"]["NoncurrentDays"] == 45
    for host in ("s31", "offsite1"):
        name = f"local-{host}-seaweedfs-lifecycle"
        assert name in containers("sysgenpro.odoo/component=seaweedfs-lifecycle")
        assert "shards 0-15 complete" in run("docker", "logs", name).stdout


@pytest.fixture
def attachment(acme: Tenant) -> t.Iterator[str]:
    key = f"copy-test/{uuid.uuid4().hex}"
    yield key
    acme.s3().delete_object(Bucket=acme.bucket, Key=key)


def copy_now() -> dict[str, t.Any]:
    done = run("docker", "exec", COPY, "attachments-copy", "now", timeout=300)
    assert done.returncode == 0, done.stdout
    return t.cast("dict[str, t.Any]", json.loads(done.stdout.splitlines()[-1]))


def test_files_are_off_site_and_stay_there(acme: Tenant, attachment: str) -> None:
    """Copied, copied again when replaced, kept when deleted, and locked."""
    there = f"{acme.bucket}/{attachment}"
    reader = SECOND.s3("attachments_reader")
    for content in (b"first", b"other"):
        acme.s3().put_object(Bucket=acme.bucket, Key=attachment, Body=content, ContentType="text/plain")
        report = copy_now()
        assert report["result"] == "success"
        found = reader.get_object(Bucket=ATTACHMENTS, Key=there)
        assert (found["Body"].read(), found["ContentType"]) == (content, "text/plain")
    acme.s3().delete_object(Bucket=acme.bucket, Key=attachment)
    assert sum(bucket["copied"] for bucket in copy_now()["buckets"]) == 0
    assert reader.get_object(Bucket=ATTACHMENTS, Key=there)["Body"].read() == b"other"
    versions = reader.list_object_versions(Bucket=ATTACHMENTS, Prefix=there)["Versions"]
    assert len(versions) == 2
    assert locked(SECOND, ATTACHMENTS, "attachments", there) == ["AccessDenied", "AccessDenied"]
    assert run("docker", "exec", COPY, "attachments-copy", "status").returncode == 0
    reports = FIRST.s3("copies").list_objects_v2(Bucket="local-copies", Prefix="runs/")
    assert reports["KeyCount"] >= 3


@pytest.mark.parametrize("bucket", ["local-acme-production", "local-backups", "local-evidence", "local-exports"])
def test_the_copy_reads_tenants_and_evidence_and_writes_nothing_there(bucket: str) -> None:
    store = FIRST.s3("copies")
    if bucket in ("local-acme-production", "local-evidence"):
        store.list_objects_v2(Bucket=bucket)
    else:
        with pytest.raises(ClientError, match="AccessDenied"):
            store.list_objects_v2(Bucket=bucket)
    for write in (store.put_object, store.delete_object):
        with pytest.raises(ClientError, match="AccessDenied"):
            write(Bucket=bucket, Key="copy-test/forbidden")
