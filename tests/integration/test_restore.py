"""A tenant out of a shared cluster's backup: served from the restored cluster, brought home, and drilled. Seen with psql,
an S3 client, curl, minisign and Odoo's own API."""

from __future__ import annotations

import json
import re
import time
import typing as t
from pathlib import Path

import pytest

from .conftest import ADDRESS, ROOT, SECRETS, Tenant, containers, playbook, run
from .test_recovery_point import BUCKET, KEYS, Point, call, evidence, take, unwrapped

NAME = "restored customer"


def partner(tenant: Tenant, method: str, **arguments: t.Any) -> t.Any:
    return call(tenant, method, model="res.partner", **arguments)


def scheduled(tenant: Tenant, **where: t.Any) -> int:
    """How many scheduled actions are on."""
    return int(tenant.psql("SELECT count(*) FROM ir_cron WHERE active", **where).stdout)


@pytest.fixture(scope="module")
def story(staging: Tenant, tmp_path_factory: pytest.TempPathFactory) -> dict[str, t.Any]:
    """A customer and files at a recovery point, and what became of them afterwards."""
    values = [
        {"name": f"restore-{number}.bin", "raw": f"{number}" * 90_000, "mimetype": "application/octet-stream"}
        for number in range(3)
    ]
    made = call(staging, "create", vals_list=values)
    customer = partner(staging, "create", vals_list=[{"name": f"{NAME} before"}])
    active = scheduled(staging)
    point = take(staging, tmp_path_factory.mktemp("restore"))
    partner(staging, "write", ids=customer, vals={"name": f"{NAME} after"})
    entry = next(entry for entry in point.entries if entry["id"] == made[0])
    staging.s3().delete_object(Bucket=staging.bucket, Key=entry["key"])
    return {"point": point, "customer": customer, "attachments": made, "active": active}


def restored_port(tenant: Tenant) -> int:
    listing = run("docker", "exec", f"local-restore-{tenant.name}", "cat", "/etc/postgresql/postgresql.conf").stdout
    found = re.search(r"^port = (\d+)$", listing, re.M)
    assert found, listing
    return int(found.group(1))


def verb(name: str, tenant: Tenant, *arguments: str, confirm: bool = True) -> str:
    """Run one of the playbooks on the tenant; its output."""
    typed = ["-e", f"odoo_confirm={tenant.name}"] if confirm else []
    done = playbook(f"playbooks/{name}.yml", "--limit", tenant.name, *typed, *arguments)
    assert done.returncode == 0, done.stdout[-4000:]
    for purpose in ("database", "redis", "s3_secret_key", "master", "admin"):
        assert tenant.secret(purpose) not in done.stdout
    return unwrapped(done.stdout)


def reference(story: dict[str, t.Any]) -> list[str]:
    return ["-e", f"odoo_recovery_reference={story['point'].reference}"]


def test_the_name_must_be_typed(staging: Tenant, story: dict[str, t.Any]) -> None:
    before = containers(f"sysgenpro.odoo/tenant={staging.name}")
    done = playbook("playbooks/restore.yml", "--limit", staging.name, "-e", "odoo_confirm=acme", *reference(story))
    assert done.returncode != 0
    assert f"must be the tenant's name, {staging.name}" in unwrapped(done.stdout)
    assert containers(f"sysgenpro.odoo/tenant={staging.name}") == before


def test_it_serves_from_the_restored_cluster_and_its_neighbours_know_nothing(
    staging: Tenant, acme: Tenant, story: dict[str, t.Any]
) -> None:
    neighbour = containers(f"sysgenpro.odoo/tenant={acme.name}")
    started = acme.psql(
        "SELECT pg_postmaster_start_time(), oid FROM pg_database WHERE datname = current_database()"
    ).stdout
    verb("restore", staging, *reference(story))
    assert staging.curl("/web/login") == 200
    assert partner(staging, "read", ids=story["customer"], fields=["name"])[0]["name"] == f"{NAME} before"
    assert containers(f"sysgenpro.odoo/tenant={acme.name}") == neighbour
    after = acme.psql(
        "SELECT pg_postmaster_start_time(), oid FROM pg_database WHERE datname = current_database()"
    ).stdout
    assert after == started
    # Its own database still has what was written since, untouched.
    now = f"SELECT name FROM res_partner WHERE id = {story['customer'][0]}"
    assert staging.psql(now).stdout.strip() == f"{NAME} after"


def test_the_deleted_file_is_back(staging: Tenant, story: dict[str, t.Any]) -> None:
    entries = {entry["id"]: entry for entry in story["point"].entries}
    for identifier in story["attachments"]:
        entry = entries[identifier]
        assert staging.s3().head_object(Bucket=staging.bucket, Key=entry["key"])["ContentLength"] == entry["size"]


def test_nothing_acts_by_itself(staging: Tenant, story: dict[str, t.Any]) -> None:
    assert story["active"] > 0
    assert scheduled(staging, port=restored_port(staging)) == 0


def test_a_convergence_meanwhile_leaves_it_there(staging: Tenant, story: dict[str, t.Any]) -> None:
    before = containers(f"sysgenpro.odoo/tenant={staging.name}")
    verb("tenants", staging, confirm=False)
    assert containers(f"sysgenpro.odoo/tenant={staging.name}") == before
    assert partner(staging, "read", ids=story["customer"], fields=["name"])[0]["name"] == f"{NAME} before"


def test_it_comes_home_with_what_was_written_meanwhile(staging: Tenant, story: dict[str, t.Any]) -> None:
    partner(staging, "write", ids=story["customer"], vals={"name": f"{NAME} meanwhile"})
    said = verb("restore_home", staging)
    now = f"SELECT name FROM res_partner WHERE id = {story['customer'][0]}"
    assert staging.psql(now).stdout.strip() == f"{NAME} meanwhile"
    assert partner(staging, "read", ids=story["customer"], fields=["name"])[0]["name"] == f"{NAME} meanwhile"
    assert run("docker", "inspect", f"local-restore-{staging.name}").returncode != 0
    assert scheduled(staging) == 0
    former = re.search(rf"{staging.name}__[0-9]{{14}}", said)
    assert former
    story["former"] = former.group()
    assert staging.psql("SELECT 1", database=story["former"]).returncode != 0
    assert staging.psql("SELECT has_database_privilege('public', current_database(), 'CONNECT')").stdout.strip() == "f"


def test_it_acts_again_when_told_and_the_former_goes(staging: Tenant, story: dict[str, t.Any]) -> None:
    verb("resume", staging, "-e", f"odoo_restore_drop={story['former']}", confirm=False)
    assert scheduled(staging) == story["active"]
    names = staging.psql("SELECT datname FROM pg_database").stdout.split()
    assert story["former"] not in names
    again = playbook("playbooks/tenants.yml", "--limit", staging.name)
    assert "changed=0" in again.stdout, again.stdout[-3000:]


def test_a_moment_between_two_recovery_points(staging: Tenant, tmp_path: Path) -> None:
    """What was written after the point and before the moment is there, with its file; what came after is not."""
    point: Point = take(staging, tmp_path)
    values = [{"name": "moment.bin", "raw": "m" * 90_000, "mimetype": "application/octet-stream"}]
    attachment = call(staging, "create", vals_list=values)
    customer = partner(staging, "create", vals_list=[{"name": f"{NAME} kept"}])
    time.sleep(2)
    moment = staging.psql("SELECT date_trunc('second', now()) AT TIME ZONE 'UTC'").stdout.strip()
    time.sleep(2)
    name = staging.psql(f"SELECT store_fname FROM ir_attachment WHERE id = {attachment[0]}").stdout.strip()
    staging.s3().delete_object(Bucket=staging.bucket, Key=name.partition("://")[2])
    partner(staging, "write", ids=customer, vals={"name": f"{NAME} spoilt"})
    # The second point has the WAL up to it archived, and with it the moment.
    take(staging, tmp_path)
    there = json.dumps({"odoo_restore_target_time": f"{moment}+00:00"})
    said = verb("restore", staging, "-e", f"odoo_recovery_reference={point.reference}", "-e", there)
    assert f"as of {moment}" in said
    assert partner(staging, "read", ids=customer, fields=["name"])[0]["name"] == f"{NAME} kept"
    assert staging.s3().head_object(Bucket=staging.bucket, Key=name.partition("://")[2])["ContentLength"] == 90_000
    former = re.search(rf"{staging.name}__[0-9]{{14}}", verb("restore_home", staging))
    assert former
    verb("resume", staging, "-e", f"odoo_restore_drop={former.group()}", confirm=False)
    call(staging, "unlink", ids=attachment)


def drilled(tenant: Tenant, *arguments: str) -> tuple[bool, str, Path]:
    """Whether a drill passed, what it said, and the folder of its report, whose signature minisign verified."""
    done = playbook("playbooks/restore_drill.yml", "--limit", tenant.name, *arguments)
    said = unwrapped(done.stdout)
    found = re.findall(r"drills/[a-z_]+/[0-9TZ]+-[0-9a-f]+", said)
    assert found, done.stdout[-4000:]
    folder, client = ROOT / f".cache/drills/{found[-1].rpartition('/')[2]}", evidence()
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("manifest.json", "manifest.json.minisig", "report.html"):
        client.download_file(BUCKET, f"{found[-1]}/{name}", str(folder / name))
    argv = ["minisign", "-V", "-p", str(KEYS / "minisign.pub"), "-x", "manifest.json.minisig", "-m", "manifest.json"]
    assert run(*argv, cwd=folder).returncode == 0
    return done.returncode == 0, said, folder


def left() -> str:
    """What drills leave on this host: containers, networks, directories."""
    found = run(
        "docker", "ps", "--all", "--format", "{{.Names}}", "--filter", "label=sysgenpro.odoo/region=local"
    ).stdout
    networks = run("docker", "network", "ls", "--format", "{{.Name}}").stdout
    folders = [str(path) for path in Path("/var/lib/sysgenpro/restores").glob("*_drill")]
    return " ".join(name for name in [*found.split(), *networks.split(), *folders] if re.search(r"drill|trial", name))


@pytest.mark.parametrize(("point", "repository"), [("newest", 1), ("random", 2)])
def test_a_drill_proves_that_it_can_be_recovered(staging: Tenant, point: str, repository: int) -> None:
    if point == "newest":
        playbook("playbooks/recovery_point.yml", "--limit", staging.name)
    started = time.monotonic()
    passed, said, folder = drilled(
        staging, "-e", f"odoo_drill_point={point}", "-e", f"odoo_drill_repository={repository}"
    )
    assert passed, said[-3000:]
    report = json.loads((folder / "manifest.json").read_text())["report"]
    assert report["verdict"] == "passed"
    assert {check["name"]: check["ok"] for check in report["checks"]} == dict.fromkeys(
        ("Database (amcheck)", "Files", "Odoo in use", "Cleaned up"), True
    )
    assert [item["met"] for item in report["objectives"]] == [True, True]
    assert report["repository"]["number"] == repository
    assert report["seconds"] <= time.monotonic() - started
    assert f"Recovery drill of {staging.name}" in (folder / "report.html").read_text()
    assert left() == ""


def store(port: int, secret: str) -> t.Any:
    """A boto3 client of one of the stores with the named key."""
    import boto3

    keys = [(SECRETS / f"{secret}_{name}_key").read_text().strip() for name in ("access", "secret")]
    return boto3.client(
        "s3",
        endpoint_url=f"https://{ADDRESS}:{port}",
        aws_access_key_id=keys[0],
        aws_secret_access_key=keys[1],
        region_name="us-east-1",
        verify=str(SECRETS / "ca/ca.crt"),
    )


def off_site(prefix: str) -> set[str]:
    """Keys in the bucket of the copies."""
    client = store(8343, "object_storage_offsite/attachments_reader")
    listed = client.list_objects_v2(Bucket="local-offsite-attachments", Prefix=prefix)
    return {item["Key"] for item in listed.get("Contents", ())}


def remove_version(bucket: str, key: str, version: str) -> None:
    """What whoever administers the store can do."""
    store(8333, "object_storage/admin").delete_object(Bucket=bucket, Key=key, VersionId=version)


def forget(point: Point) -> None:
    """Remove a recovery point that names what is lost: a drill of a random one would find that, and rightly fail."""
    admin = store(8333, "object_storage/admin")
    for item in admin.list_objects_v2(Bucket=BUCKET, Prefix=f"{point.reference}/")["Contents"]:
        admin.delete_object(Bucket=BUCKET, Key=item["Key"])


def test_a_drill_finds_a_file_that_is_gone_for_good(staging: Tenant, tmp_path: Path) -> None:
    """Whoever administers the store can remove a version; the drill names the file and fails, and cleans up."""
    values = [{"name": "lost.bin", "raw": "?" * 90_000, "mimetype": "application/octet-stream"}]
    made = call(staging, "create", vals_list=values)
    point: Point = take(staging, tmp_path)
    entry = next(entry for entry in point.entries if entry["id"] == made[0])
    remove_version(staging.bucket, entry["key"], entry["version_id"])
    try:
        named = ("-e", f"odoo_recovery_reference={point.reference}")
        refused = playbook("playbooks/restore_files.yml", "--limit", staging.name, *named)
        assert refused.returncode != 0
        assert f"has no right version of 1 attachments: {entry['key']}" in unwrapped(refused.stdout)
        passed, said, folder = drilled(staging, "-e", f"odoo_drill_point={point.reference}")
    finally:
        call(staging, "unlink", ids=made)
        forget(point)
    assert not passed
    assert entry["key"] in said
    report = json.loads((folder / "manifest.json").read_text())["report"]
    assert report["verdict"] == "failed"
    assert [check["ok"] for check in report["checks"] if check["name"] == "Files"] == [False]
    assert left() == ""


def test_files_come_back_from_the_copy_off_site(staging: Tenant, tmp_path: Path) -> None:
    """Every version is gone in the region; the copy off-site has the content."""
    values = [{"name": "copied.bin", "raw": "!" * 90_000, "mimetype": "application/octet-stream"}]
    made = call(staging, "create", vals_list=values)
    point: Point = take(staging, tmp_path)
    entry = next(entry for entry in point.entries if entry["id"] == made[0])
    run("docker", "exec", "local-copy1-attachments-copy", "attachments-copy", "now", check=True, timeout=300)
    remove_version(staging.bucket, entry["key"], entry["version_id"])
    named = ("--limit", staging.name, "-e", f"odoo_recovery_reference={point.reference}")
    try:
        assert playbook("playbooks/restore_files.yml", *named).returncode != 0
        done = playbook("playbooks/restore_files.yml", *named, "-e", "odoo_restore_files_from=copy")
        assert done.returncode == 0, done.stdout[-3000:]
        assert "1 of" in done.stdout
        # What says which files there were is there as well.
        assert f"local-evidence/{point.reference}/manifest.json" in off_site(f"local-evidence/{point.reference}/")
        assert (
            playbook(
                "playbooks/filestore_check.yml", "--limit", staging.name, "-e", "odoo_filestore_mode=deep"
            ).returncode
            == 0
        )
    finally:
        call(staging, "unlink", ids=made)
        forget(point)


def test_a_drill_reaches_object_storage_and_nothing_else() -> None:
    """The packet filter is for interfaces of a drill's name, whoever makes them."""
    bridge = ["-o", "com.docker.network.bridge.name=drill-probe", "--subnet", "10.214.255.240/28", "probe-drill"]
    image = json.loads((SECRETS / "images.json").read_text())["recovery"]["image"]
    script = """
import socket, sys
for address, port in ((a.rsplit(":", 1)) for a in sys.argv[1:]):
    try: socket.create_connection((address, int(port)), 3); print("reached")
    except OSError: print("refused")
"""
    targets = [f"{ADDRESS}:{port}" for port in (8333, 8343, 6432, 5500, 6379, 2379, 8441)]
    run("docker", "network", "create", *bridge, check=True)
    try:
        argv = ["docker", "run", "--rm", "--network", "probe-drill", "--entrypoint", "python3", image, "-c", script]
        seen = run(*argv, *targets, "10.214.255.241:22", "127.0.0.1:1").stdout.split()
        control = run("python3", "-c", script, *targets).stdout.split()
    finally:
        run("docker", "network", "rm", "probe-drill", check=True)
    assert control == ["reached"] * len(targets)
    assert seen == ["reached"] * 2 + ["refused"] * (len(targets) - 2 + 2)
