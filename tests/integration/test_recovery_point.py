"""Recovery points and the check of files on the running region, seen with minisign, age, psql, pg_waldump and an S3 client."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import json
import re
import tarfile
import typing as t

import pytest
from localhost import resolve_localhost

from .conftest import ADDRESS, CA, ROOT, SECRETS, Tenant, playbook, run

if t.TYPE_CHECKING:
    from pathlib import Path

KEYS = SECRETS / "evidence"
BUCKET = "local-evidence"


def unwrapped(output: str) -> str:
    """Ansible's output without its line breaks."""
    return " ".join(output.split())


def evidence() -> t.Any:
    """A boto3 client with the key of the evidence."""
    import boto3

    keys = [(SECRETS / f"object_storage/evidence_{name}_key").read_text().strip() for name in ("access", "secret")]
    return boto3.client(
        "s3",
        endpoint_url=f"https://{ADDRESS}:8333",
        aws_access_key_id=keys[0],
        aws_secret_access_key=keys[1],
        region_name="us-east-1",
        verify=str(CA),
    )


def call(tenant: Tenant, method: str, *, model: str = "ir.attachment", **arguments: t.Any) -> t.Any:
    """A method of a model through JSON-2."""
    import requests

    resolve_localhost()
    url = f"https://integration.{tenant.host}/json/2/{model}/{method}"
    headers = {"Authorization": f"bearer {tenant.secret('health_key')}"}
    answer = requests.post(url, json=arguments, headers=headers, verify=str(CA), timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json()


@dataclasses.dataclass(frozen=True)
class Point:
    """A recovery point that was taken, downloaded."""

    reference: str
    folder: Path

    @property
    def manifest(self) -> dict[str, t.Any]:
        return t.cast("dict[str, t.Any]", json.loads((self.folder / "manifest.json").read_text()))

    @property
    def entries(self) -> list[dict[str, t.Any]]:
        text = gzip.decompress((self.folder / "attachments.jsonl.gz").read_bytes()).decode()
        return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(scope="module")
def attachments(acme: Tenant) -> t.Iterator[list[int]]:
    """Three attachments in object storage, each with content of its own."""
    values = [
        {"name": f"recovery-{number}.bin", "raw": f"{number}" * 120_000, "mimetype": "application/octet-stream"}
        for number in range(3)
    ]
    made = call(acme, "create", vals_list=values)
    yield made
    call(acme, "unlink", ids=made)


@pytest.fixture(scope="module")
def point(acme: Tenant, attachments: list[int], tmp_path_factory: pytest.TempPathFactory) -> Point:
    assert attachments
    return take(acme, tmp_path_factory.mktemp("point"))


def take(tenant: Tenant, folder: Path) -> Point:
    done = playbook("playbooks/recovery_point.yml", "--limit", tenant.name, "-e", "odoo_recovery_reason='a test'")
    assert done.returncode == 0, done.stdout[-3000:]
    for purpose in ("database", "redis", "s3_secret_key", "master", "admin"):
        assert tenant.secret(purpose) not in done.stdout
    found = re.search(r"recovery-points/[a-z_]+/[0-9TZ]+-[0-9a-f]+", done.stdout)
    assert found
    client, reference = evidence(), found.group()
    for item in client.list_objects_v2(Bucket=BUCKET, Prefix=f"{reference}/")["Contents"]:
        client.download_file(BUCKET, item["Key"], str(folder / item["Key"].rpartition("/")[2]))
    return Point(reference, folder)


def test_minisign_verifies_a_point_and_no_altered_one(point: Point) -> None:
    argv = ["minisign", "-V", "-p", str(KEYS / "minisign.pub"), "-x", "manifest.json.minisig", "-m"]
    done = run(*argv, "manifest.json", cwd=point.folder)
    assert done.returncode == 0, done.stderr
    assert point.reference in done.stdout
    assert f"minisign public key {point.manifest['signed_by']}" in (KEYS / "minisign.pub").read_text()
    (point.folder / "altered.json").write_text(json.dumps({**point.manifest, "exact": not point.manifest["exact"]}))
    assert run(*argv, "altered.json", cwd=point.folder).returncode != 0


def test_the_manifest_has_the_checksum_of_everything_else(point: Point) -> None:
    files = {path.name for path in point.folder.iterdir()} - {"altered.json"}
    assert files == {*point.manifest["objects"], "manifest.json", "manifest.json.minisig"}
    for name, said in point.manifest["objects"].items():
        content = (point.folder / name).read_bytes()
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (said["sha256"], said["bytes"]), name


def test_age_decrypts_the_secrets_and_nothing_else_holds_one(point: Point, acme: Tenant) -> None:
    done = run("age", "--decrypt", "-i", str(KEYS / "age.key"), "secrets.age", cwd=point.folder)
    assert done.returncode == 0, done.stderr
    sealed = json.loads(done.stdout)
    assert sealed == {name: (SECRETS / name).read_text().strip() for name in sealed}
    assert sealed[f"{acme.name}/database"] == acme.secret("database")
    assert sorted(sealed) == [reference["name"] for reference in point.manifest["secrets"]["references"]]
    assert not [path for path in point.folder.iterdir() for value in sealed.values() if value.encode() in opened(path)]


def opened(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def test_every_attachment_of_the_database_is_named_with_a_version_that_has_its_content(
    point: Point, acme: Tenant, attachments: list[int]
) -> None:
    assert point.manifest["exact"]
    statement = "SELECT id, checksum, file_size FROM ir_attachment WHERE store_fname IS NOT NULL ORDER BY id"
    rows = [tuple(line.split("|")) for line in acme.psql(statement).stdout.splitlines()]
    assert [(str(entry["id"]), entry["sha1"], str(entry["size"])) for entry in point.entries] == rows
    assert set(attachments) <= {entry["id"] for entry in point.entries}
    for entry in point.entries:
        found = acme.s3().get_object(Bucket=acme.bucket, Key=entry["key"], VersionId=entry["version_id"])
        content = found["Body"].read()
        assert (found["ETag"].strip('"'), len(content)) == (entry["etag"], entry["size"])
        assert hashlib.sha1(content, usedforsecurity=False).hexdigest() == entry["sha1"]


def test_the_restore_point_is_in_the_clusters_wal(point: Point) -> None:
    database = point.manifest["database"]
    members = [f"local-db{number}-postgresql" for number in (1, 2, 3)]
    script = f"pg_waldump --rmgr=XLOG --timeline={database['timeline']} /var/lib/postgresql/data/pg_wal/{database['segment']}"
    found = [run("docker", "exec", member, "sh", "-c", f"{script} 2>&1").stdout for member in members]
    assert [text for text in found if f"RESTORE_POINT {database['restore_point']}" in text], found[0][-500:]


def test_the_configuration_is_what_the_containers_read(point: Point, acme: Tenant) -> None:
    with tarfile.open(point.folder / "configuration.tar.gz") as archive:
        member = archive.extractfile("web/odoo.conf")
        assert member
        kept = member.read().decode()
    assert f"db_name = {acme.name}" in kept
    assert "password" not in kept


def test_what_the_region_did_not_sign_is_listed_as_invalid(point: Point, acme: Tenant) -> None:
    forged, client = f"recovery-points/{acme.name}/20991231T235959Z-ffffff", evidence()
    try:
        for name in ("manifest.json", "manifest.json.minisig"):
            client.upload_file(str(point.folder / name), BUCKET, f"{forged}/{name}")
        done = playbook("playbooks/recovery_point_info.yml", "--limit", acme.name)
        assert done.returncode == 0, done.stdout[-3000:]
        assert f"reference: {forged} valid: false" in unwrapped(done.stdout)
        assert f"reference: {point.reference} time:" in unwrapped(done.stdout)
        refused = playbook(
            "playbooks/recovery_point_info.yml", "--limit", acme.name, "-e", f"odoo_recovery_reference={forged}"
        )
        assert refused.returncode != 0
        assert f"was made for {point.reference}" in unwrapped(refused.stdout)
    finally:
        for name in ("manifest.json", "manifest.json.minisig"):
            client.delete_object(Bucket=BUCKET, Key=f"{forged}/{name}")
    valid = playbook(
        "playbooks/recovery_point_info.yml", "--limit", acme.name, "-e", f"odoo_recovery_reference={point.reference}"
    )
    assert valid.returncode == 0, valid.stdout[-3000:]


def checked(tenant: Tenant, *arguments: str) -> tuple[bool, str]:
    """Whether the check of files is content, and what it says."""
    done = playbook("playbooks/filestore_check.yml", "--limit", tenant.name, *arguments)
    assert "attachments," in done.stdout, done.stdout[-3000:]
    return done.returncode == 0, unwrapped(done.stdout.replace("\\", ""))


def put_back(tenant: Tenant, entry: dict[str, t.Any]) -> None:
    source = {"Bucket": tenant.bucket, "Key": entry["key"], "VersionId": entry["version_id"]}
    tenant.s3().copy_object(Bucket=tenant.bucket, Key=entry["key"], CopySource=source)


def test_a_whole_filestore_is_found_whole(point: Point, acme: Tenant) -> None:
    for arguments in ([], ["-e", "odoo_filestore_mode=deep"], ["-e", f"odoo_filestore_manifest={point.reference}"]):
        content, said = checked(acme, *arguments)
        assert content, said[-3000:]


def test_a_removed_object_is_found(point: Point, acme: Tenant, attachments: list[int]) -> None:
    entry = next(entry for entry in point.entries if entry["id"] == attachments[0])
    acme.s3().delete_object(Bucket=acme.bucket, Key=entry["key"])
    try:
        content, said = checked(acme)
        assert not content
        assert '"missing": 1' in said
        assert entry["key"] in said
    finally:
        put_back(acme, entry)
    assert checked(acme)[0]


def test_altered_content_of_the_same_size_is_found(point: Point, acme: Tenant, attachments: list[int]) -> None:
    entry = next(entry for entry in point.entries if entry["id"] == attachments[1])
    acme.s3().put_object(Bucket=acme.bucket, Key=entry["key"], Body=b"?" * entry["size"])
    try:
        assert checked(acme)[0], "a listing alone cannot tell"
        content, said = checked(acme, "-e", "odoo_filestore_mode=deep")
        assert not content
        assert '"content": 1' in said
        content, said = checked(acme, "-e", f"odoo_filestore_manifest={point.reference}")
        assert not content
        assert '"etag": 1' in said
    finally:
        put_back(acme, entry)
    assert checked(acme, "-e", "odoo_filestore_mode=deep")[0]


def test_check_mode_takes_none(acme: Tenant) -> None:
    client = evidence()

    def keys() -> set[str]:
        found = client.list_objects_v2(Bucket=BUCKET, Prefix=f"recovery-points/{acme.name}/")
        return {item["Key"] for item in found.get("Contents", [])}

    before = keys()
    done = playbook("playbooks/recovery_point.yml", "--limit", acme.name, "--check")
    assert done.returncode == 0, done.stdout[-3000:]
    assert keys() == before


def test_private_keys_are_their_owners_alone() -> None:
    for name in ("minisign.key", "age.key"):
        assert (KEYS / name).stat().st_mode & 0o077 == 0
    assert run("git", "check-ignore", str(KEYS / "minisign.key"), cwd=ROOT).returncode == 0
