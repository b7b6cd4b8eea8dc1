#!/usr/bin/env python3
"""Recovery points and checks of files at size, on the running local region: filestore_check, recovery_point.

Makes a scratch database and scratch buckets beside the tenants' and removes them at the end. BENCH_RUNS sets how often
each is measured (5), BENCH_METRICS which metrics (all), BENCH_OBJECTS the objects of filestore_check (100000).
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import typing as t
from pathlib import Path

import boto3
from measuring import CA, INVENTORIES, ROOT, SECRETS, median, result, runs, say

ENDPOINT = "https://172.30.255.1:8333"
HOST, PORT = "172.30.255.1", 5500
NAME = "bench_files"
FILES, EVIDENCE = "local-bench-files", "local-bench-evidence"
#: User of the containers of the image recovery.
UID = 999
GIGABYTE = 1024**3
RCLONE = ["rclone", "copy", "--config", "/run/secrets/rclone.conf", "--ca-cert", "/etc/recovery/ca.crt"]
RCLONE += ["--transfers", "16", "--checkers", "16"]


def secret(name: str) -> str:
    return (SECRETS / name).read_text(encoding="utf-8").strip()


def run(argv: t.Sequence[str], *, text: str = "") -> str:
    done = subprocess.run(argv, input=text, capture_output=True, text=True, cwd=ROOT, check=False)
    if done.returncode:
        sys.exit(f"{argv[0]} failed: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def image() -> str:
    return str(json.loads((SECRETS / "images.json").read_text(encoding="utf-8"))["recovery"]["image"])


def superuser(statement: str, database: str = "postgres") -> str:
    """Run SQL on the leader, through the socket only its container has."""
    listed = run(["docker", "exec", "local-db1-postgresql", "patronictl", "-c", "/etc/patroni", "list", "-f", "json"])
    leader = next(member for member in json.loads(listed) if member["Role"] == "Leader")
    port = leader["Host"].rpartition(":")[2]
    argv = ["docker", "exec", "-i", f"local-{leader['Member']}-postgresql", "psql", "-p", port, "-d", database]
    return run([*argv, "-XAtq", "-v", "ON_ERROR_STOP=1"], text=statement)


def settle(seconds: int = 600) -> None:
    """Wait until the archive has what was written so far: a gigabyte of WAL on its way to two stores is none of a verb's doing."""
    last = superuser("SELECT pg_walfile_name(pg_switch_wal());").strip()
    deadline = time.monotonic() + seconds
    while superuser(f"SELECT coalesce(last_archived_wal >= '{last}', false) FROM pg_stat_archiver;").strip() != "t":
        if time.monotonic() > deadline:
            sys.exit(f"{last} was not archived within {seconds} s")
        time.sleep(1)


def admin() -> t.Any:
    return boto3.client(
        "s3",
        endpoint_url=ENDPOINT,
        aws_access_key_id=secret("object_storage/admin_access_key"),
        aws_secret_access_key=secret("object_storage/admin_secret_key"),
        region_name="us-east-1",
        verify=str(CA),
    )


@dataclasses.dataclass(frozen=True)
class Scratch:
    """A directory the containers read, and the password of the scratch role."""

    folder: Path
    password: str


def key(number: int) -> tuple[str, str]:
    """Key and content of an object; spread over two levels of 256 directories as fs_attachment spreads them."""
    content = f"attachment {number}\n"
    digest = hashlib.sha1(content.encode(), usedforsecurity=False).hexdigest()
    return f"{digest[:2]}/{digest[2:4]}/file-{number}-0.bin", content


def fill(scratch: Scratch, numbers: range) -> None:
    """Put an object and a row for each number; rclone writes faster than Python."""
    folder = scratch.folder / "objects"
    rows = []
    for number in numbers:
        name, content = key(number)
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        digest = hashlib.sha1(content.encode(), usedforsecurity=False).hexdigest()
        rows.append(f"{number}\tattachments://{name}\t{digest}\t{len(content)}")
    say(f"{len(rows)} objects to put")
    more = ["--s3-no-check-bucket", "--no-traverse", "--s3-no-head"]
    run([*container(scratch, f"{folder}:/objects:ro"), *RCLONE, *more, "/objects", f"store:{FILES}"])
    shutil.rmtree(folder)
    lines = "\n".join(rows)
    copy = (
        f"COPY ir_attachment (id, store_fname, checksum, file_size) FROM STDIN;\n{lines}\n\\.\nANALYZE ir_attachment;\n"
    )
    superuser(copy, NAME)


def container(scratch: Scratch, *binds: str) -> list[str]:
    """The image as the modules run it."""
    argv = [
        "docker",
        "run",
        "--rm",
        "--network",
        "host",
        "--read-only",
        "--cap-drop",
        "ALL",
        "--tmpfs",
        "/tmp:mode=1777",
    ]
    argv += ["--security-opt", "no-new-privileges", "--tmpfs", f"/run/recovery:uid={UID},gid={UID}"]
    for bind in (f"{scratch.folder}/plain:/etc/recovery:ro", f"{scratch.folder}/secret:/run/secrets:ro", *binds):
        argv += ["-v", bind]
    return [*argv, image()]


def request(scratch: Scratch, options: dict[str, t.Any]) -> None:
    """Write the request of a verb for the scratch database and buckets."""
    s3 = {"endpoint": ENDPOINT, "region": "us-east-1"}
    keys = {
        "access_key": secret("object_storage/admin_access_key"),
        "secret_key": secret("object_storage/admin_secret_key"),
    }
    plain = {
        "tenant": NAME,
        "database": {"host": HOST, "port": PORT, "name": NAME, "user": NAME},
        "cluster": {"host": HOST, "port": PORT, "name": "postgres", "user": "provisioner"},
        "store": {**s3, "bucket": FILES},
        "evidence": {**s3, "bucket": EVIDENCE},
        "public_key": (SECRETS / "evidence/minisign.pub").read_text(encoding="utf-8").splitlines()[-1],
        "options": options,
    }
    hidden = {
        "database_password": scratch.password,
        "cluster_password": secret("postgresql/shared/provisioner"),
        "store": keys,
        "evidence": keys,
        "bundle": {f"{NAME}/database": scratch.password},
    }
    rclone = f"[store]\ntype = s3\nprovider = Other\nendpoint = {ENDPOINT}\naccess_key_id = {keys['access_key']}\n"
    rclone += f"secret_access_key = {keys['secret_key']}\nforce_path_style = true\n"
    files = {
        "plain/request.json": json.dumps(plain),
        "plain/ca.crt": CA.read_text(encoding="utf-8"),
        "secret/recovery.json": json.dumps(hidden),
        "secret/minisign.key": (SECRETS / "evidence/minisign.key").read_text(encoding="utf-8"),
        "secret/rclone.conf": rclone,
    }
    for name, content in files.items():
        path = scratch.folder / name
        path.parent.mkdir(mode=0o755, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        os.chown(path, 0, UID)
        path.chmod(0o440)


def verb(scratch: Scratch, name: str) -> tuple[float, dict[str, t.Any]]:
    """Seconds from the start of the container to its end, and the result."""
    started = time.monotonic()
    answer = run([*container(scratch), "/usr/local/bin/recovery", name])
    return time.monotonic() - started, json.loads(answer.splitlines()[-1])


@contextlib.contextmanager
def scratch_region() -> t.Iterator[Scratch]:
    """A database with an empty ir_attachment, and two empty buckets; gone afterwards."""
    client = admin()
    with tempfile.TemporaryDirectory() as folder:
        scratch = Scratch(Path(folder), secrets.token_hex(16))
        scratch.folder.chmod(0o755)
        try:
            remove()
            for bucket in (FILES, EVIDENCE):
                client.create_bucket(Bucket=bucket)
                client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
            superuser(f"CREATE ROLE {NAME} LOGIN PASSWORD '{scratch.password}';")
            superuser(f"CREATE DATABASE {NAME} OWNER {NAME};")
            columns = "id integer PRIMARY KEY, store_fname varchar, checksum varchar(40), file_size integer"
            superuser(f"SET ROLE {NAME}; CREATE TABLE ir_attachment ({columns});", NAME)
            yield scratch
        finally:
            remove()


def remove() -> None:
    superuser(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE);")
    superuser(f"DROP ROLE IF EXISTS {NAME};")
    for bucket in (FILES, EVIDENCE):
        options = {"bucket": bucket, "state": "absent", "force": True, "container": "local-s31-seaweedfs"}
        run(["ansible", *INVENTORIES, "s31", "-m", "sysgenpro.odoo.odoo_bucket", "-a", json.dumps(options)])


def recovery_point(scratch: Scratch) -> None:
    """A tenant with a 1 GB database and 20,000 attachments, beside pg_dump and a copy of its objects."""
    rows = "SELECT n, repeat(md5(n::text), 60) AS text FROM generate_series(1, 560000) AS n"
    superuser(f"SET ROLE {NAME}; CREATE TABLE filler AS {rows};", NAME)
    size = int(superuser(f"SELECT pg_database_size('{NAME}');"))
    if size < GIGABYTE:
        sys.exit(f"the scratch database has {size} bytes only")
    recipient = (SECRETS / "evidence/age.pub").read_text(encoding="utf-8").strip()
    about = {"region": "local", "environment": "dev", "tier": "standard", "cluster": "shared"}
    options = {"reason": "bench", "recipients": [recipient], "about": about, "release": {}, "references": []}
    request(scratch, {**options, "archive_timeout": 0, "strict": True})
    settle()
    measured = [verb(scratch, "point") for _number in range(runs())]
    ours = median([seconds for seconds, _answer in measured])
    say(f"recovery_point: {[round(seconds, 2) for seconds, _answer in measured]}")
    theirs = copied(scratch)
    answer = measured[-1][1]
    result(
        "recovery_point",
        ours,
        "s",
        "<= 5 s with a 1 GB database and 20,000 attachments",
        peer="pg_dump and a copy of the objects, once",
        peer_value=theirs,
        ratio=round(theirs / ours, 2),
        runs=[round(seconds, 3) for seconds, _answer in measured],
        attachments=answer["attachments"],
        database_bytes=size,
    )


def copied(scratch: Scratch) -> float:
    """Seconds to dump the database and copy its objects: the way that does not name versions."""
    dump = scratch.folder / "dump"
    dump.mkdir()
    os.chown(dump, UID, UID)
    started = time.monotonic()
    connection = (
        f"host={HOST} port={PORT} dbname={NAME} user={NAME} sslmode=verify-full sslrootcert=/etc/recovery/ca.crt"
    )
    pgpass = scratch.folder / "secret/pgpass"
    pgpass.write_text(f"*:*:*:*:{scratch.password}\n", encoding="utf-8")
    os.chown(pgpass, UID, UID)
    pgpass.chmod(0o400)
    argv = container(scratch, f"{dump}:/out")
    run([*argv[:-1], "-e", "PGPASSFILE=/run/secrets/pgpass", argv[-1], "pg_dump", "-Fc", "-f", "/out/dump", connection])
    run([*argv, *RCLONE, f"store:{FILES}", "/out/objects"])
    seconds = time.monotonic() - started
    shutil.rmtree(dump)
    return round(seconds, 3)


def filestore_check(scratch: Scratch, objects: int) -> None:
    """Every attachment against the store, in both directions."""
    options = {"mode": "quick", "sample_above": 20000, "seed": 1, "grace_hours": 0}
    reference = newest_point(scratch)
    request(scratch, {**options, "manifest": reference})
    measured = [verb(scratch, "check") for _number in range(runs())]
    for _seconds, answer in measured:
        if not answer["ok"] or answer["findings"]["counts"] or answer["attachments"] != objects:
            sys.exit(f"the check found {answer}")
    seconds = [seconds for seconds, _answer in measured]
    result(
        "filestore_check",
        median(seconds),
        "s",
        "<= 60 s for 100,000 attachments, quick, on 2 cores",
        runs=[round(value, 3) for value in seconds],
        attachments=objects,
        named_by_manifest=measured[-1][1]["named_by_manifest"],
    )


def newest_point(scratch: Scratch) -> str:
    """A recovery point of everything there is."""
    recipient = (SECRETS / "evidence/age.pub").read_text(encoding="utf-8").strip()
    about = {"region": "local", "environment": "dev", "tier": "standard", "cluster": "shared"}
    options = {"reason": "bench", "recipients": [recipient], "about": about, "release": {}, "references": []}
    request(scratch, {**options, "archive_timeout": 0, "strict": True})
    return str(verb(scratch, "point")[1]["reference"])


def main() -> None:
    wanted = os.environ.get("BENCH_METRICS", "recovery_point filestore_check").split()
    objects = int(os.environ.get("BENCH_OBJECTS", "100000"))
    with scratch_region() as scratch:
        request(scratch, {})
        fill(scratch, range(1, 20_001))
        if "recovery_point" in wanted:
            recovery_point(scratch)
        if "filestore_check" in wanted:
            fill(scratch, range(20_001, objects + 1))
            filestore_check(scratch, objects)


if __name__ == "__main__":
    main()
