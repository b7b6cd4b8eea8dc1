#!/usr/bin/env python3
"""A tenant of 1 GB and 20,000 attachments brought back, on the running local region: tenant_restore_serving,
tenant_restore_home, drill. The peer is `odoo db load` of a zip that holds the same files, in the same run.

Makes a tenant beside the others and removes it at the end. BENCH_RUNS sets how often each is measured (5).
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import typing as t
import zipfile
from pathlib import Path

import yaml
from filestore import HOST, PORT, RCLONE, Scratch, container, key, request, run, secret, settle, superuser
from measuring import CA, INVENTORIES, ROOT, SECRETS, median, playbook, result, runs, say

TENANT = "bench_restore"
BUCKET = "local-bench-restore"
ATTACHMENTS = 20_000
FILE_BYTES = 32 * 1024
GIGABYTE = 1024**3
LOADED = "bench_load"
ODOO_UID = 101
#: A table shaped like account_move_line, with the indexes that make half of an Odoo database.
LINES = """
CREATE TABLE bench_line AS
SELECT n::int AS id, (n / 4)::int AS move_id, (n * 7919 % 900)::int AS account_id, (n * 104729 % 60000)::int AS partner_id,
    (n * 1299709 % 40000)::int AS product_id, (n % 12)::int AS journal_id, date '2020-01-01' + (n % 2100)::int AS date,
    md5((n / 4)::text) AS move_name, 'Sale of product ' || n * 1299709 % 40000 AS name,
    ((n * 31) % 100000)::numeric / 100 AS debit, 0::numeric AS credit, ((n * 31) % 100000)::numeric / 100 AS balance,
    (1 + n % 9)::int AS quantity, n % 3 = 0 AS reconciled, now() AS create_date, now() AS write_date
FROM generate_series(1, 3500000::bigint) AS n;
ALTER TABLE bench_line ADD PRIMARY KEY (id);
CREATE INDEX ON bench_line (move_id);
CREATE INDEX ON bench_line (account_id, date);
CREATE INDEX ON bench_line (partner_id, account_id);
CREATE INDEX ON bench_line (product_id);
CREATE INDEX ON bench_line (date DESC, move_name DESC, id);
CREATE INDEX ON bench_line (journal_id);
CREATE INDEX ON bench_line (partner_id) WHERE NOT reconciled;
"""
INSERT = """
INSERT INTO ir_attachment (name, type, store_fname, checksum, file_size, mimetype, fs_filename, fs_storage_id, fs_storage_code)
SELECT made.name, type, store_fname, checksum, file_size, 'application/octet-stream', fs_filename, fs_storage.id, code
FROM made, fs_storage WHERE code = 'attachments';
"""


class Bench(t.NamedTuple):
    """The tenant's inventory and the directories of this run."""

    inventory: str
    scratch: Scratch
    folder: Path

    def play(self, name: str, *arguments: str) -> float:
        """Seconds of a playbook on the tenant."""
        return playbook("-i", self.inventory, f"playbooks/{name}.yml", "--limit", TENANT, *arguments).seconds

    def output(self, name: str, *arguments: str) -> str:
        argv = ["ansible-playbook", *INVENTORIES, "-i", self.inventory, f"playbooks/{name}.yml", "--limit", TENANT]
        return run([*argv, *arguments])


def inventory(folder: Path) -> str:
    variables = {
        "odoo_environment": "training",
        "odoo_tier": "standard",
        "odoo_host": "bench-restore.localhost",
        "odoo_runtime": "docker",
        "odoo_packing": "compact",
        # Secrets and the image lock lie beside the region's inventory, not beside this file.
        "inventory_dir": str(ROOT / "inventories/local"),
    }
    path = folder / "hosts.yml"
    path.write_text(yaml.safe_dump({"tenants": {"hosts": {TENANT: variables}}}), encoding="utf-8")
    return str(path)


def fill(bench: Bench) -> None:
    """Give the tenant its size: a table of a gigabyte, and attachments with their objects."""
    superuser(f"SET ROLE {TENANT}; {LINES}", TENANT)
    objects = bench.folder / "objects"
    lines = []
    for number in range(ATTACHMENTS):
        name, content = attachment(number)
        path = objects / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        lines.append(f"file-{number}.bin\tbinary\tattachments://{name}\t{sha1(content)}\t{len(content)}\t{path.name}")
    more = ["--s3-no-check-bucket", "--no-traverse", "--s3-no-head"]
    run([*container(bench.scratch, f"{objects}:/objects:ro"), *RCLONE, *more, "/objects", f"store:{BUCKET}"])
    copy = "\n".join(
        [
            f"SET ROLE {TENANT};",
            "CREATE TEMP TABLE made (name varchar, type varchar, store_fname varchar, checksum varchar, file_size int, fs_filename varchar);",
            "COPY made FROM STDIN;",
            *lines,
            "\\.",
            INSERT,
        ]
    )
    superuser(copy, TENANT)


def attachment(number: int) -> tuple[str, bytes]:
    """Key and content of an object, as large as a printed invoice is and as little compressible."""
    return key(number)[0], random.Random(number).randbytes(FILE_BYTES)


def sha1(content: bytes) -> str:
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


def zipped(bench: Bench) -> Path:
    """What Odoo's own backup of the tenant would be: dump.sql, the filestore, a manifest."""
    path = bench.folder / "load/backup.zip"
    path.parent.mkdir()
    dump = bench.folder / "dump.sql"
    listed = run(["docker", "exec", "local-db1-postgresql", "patronictl", "-c", "/etc/patroni", "list", "-f", "json"])
    leader = next(member for member in json.loads(listed) if member["Role"] == "Leader")
    argv = [
        "docker",
        "exec",
        f"local-{leader['Member']}-postgresql",
        "pg_dump",
        "-p",
        leader["Host"].rpartition(":")[2],
    ]
    with dump.open("wb") as out:
        subprocess.run([*argv, "--no-owner", "--no-privileges", "-d", TENANT], stdout=out, check=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.write(dump, "dump.sql")
        archive.writestr("manifest.json", "{}")
        for number in range(ATTACHMENTS):
            _name, content = attachment(number)
            archive.writestr(f"filestore/{sha1(content)[:2]}/{sha1(content)}", content)
    dump.unlink()
    return path


def loader(bench: Bench) -> list[str]:
    """The Odoo image with a configuration for the role that may make databases."""
    conf = bench.folder / "conf"
    options = {
        "db_host": HOST,
        "db_port": PORT,
        "db_user": "provisioner",
        "db_name": LOADED,
        "db_sslmode": "verify-full",
    }
    options |= {"data_dir": "/load/data", "addons_path": "/usr/lib/python3/dist-packages/odoo/addons", "workers": "0"}
    options |= {"http_interface": "127.0.0.1"}
    texts = {
        "plain/odoo.conf": "[options]\n" + "".join(f"{name} = {value}\n" for name, value in options.items()),
        "plain/ca.crt": CA.read_text(encoding="utf-8"),
        "secret/odoo.conf": f"[options]\ndb_password = {secret('postgresql/shared/provisioner')}\n",
    }
    for name, text in texts.items():
        target = conf / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        target.chmod(0o440)
        os.chown(target, 0, ODOO_UID)
    work = bench.folder / "load"
    os.chown(work, ODOO_UID, ODOO_UID)
    image = json.loads((SECRETS / "images.json").read_text(encoding="utf-8"))["odoo"]["image"]
    argv = ["docker", "run", "--rm", "--network", "host", "--tmpfs", f"/run/odoo:uid={ODOO_UID},gid={ODOO_UID}"]
    argv += ["--tmpfs", "/tmp:mode=1777", "-v", f"{conf}/plain:/etc/odoo:ro", "-v", f"{conf}/secret:/run/secrets:ro"]
    return [*argv, "-v", f"{work}:/load", "-e", "TMPDIR=/load", image]


def load(argv: t.Sequence[str]) -> float:
    """Seconds of `odoo db load`; the database is removed afterwards."""
    started = time.monotonic()
    done = subprocess.run(
        [*argv, "db", "load", "--force", LOADED, "/load/backup.zip"],
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.monotonic() - started
    said = f"{done.stdout[-2000:]}{done.stderr[-2000:]}"
    if done.returncode:
        sys.exit(f"odoo db load failed: {said}")
    loaded = superuser("SELECT count(*) FROM ir_attachment WHERE name LIKE 'file-%.bin'", LOADED).strip()
    if int(loaded) != ATTACHMENTS:
        sys.exit(f"odoo db load brought {loaded} attachments of {ATTACHMENTS}: {said}")
    superuser(f"DROP DATABASE IF EXISTS {LOADED} WITH (FORCE);")
    return seconds


def restored(bench: Bench) -> tuple[float, float, float]:
    """Seconds until the tenant serves from the restored cluster, until it is home after that, and of a drill before."""
    said = bench.output("recovery_point")
    found = re.search(rf"recovery-points/{TENANT}/[0-9TZ]+-[0-9a-f]+", said)
    if found is None:
        sys.exit(f"no recovery point: {said[-2000:]}")
    drill = bench.play("restore_drill", "-e", f"odoo_drill_point={found.group()}")
    typed = ("-e", f"odoo_confirm={TENANT}")
    serving = bench.play("restore", *typed, "-e", f"odoo_recovery_reference={found.group()}")
    home = bench.play("restore_home", *typed)
    former = superuser(f"SELECT datname FROM pg_database WHERE datname ~ '^{TENANT}__[0-9]'").split()
    for name in former:
        bench.play("resume", "-e", f"odoo_restore_drop={name}")
    return serving, home, drill


def measure(bench: Bench) -> None:
    sides: dict[str, list[float]] = {"serving": [], "home": [], "drill": [], "load": []}
    zipped(bench)
    argv = loader(bench)
    for number in range(runs()):
        # The database comes home with another OID: only a backup that has it can restore it alone.
        run(["docker", "exec", "local-backup1-backup", "backup-scheduler", "now", "incr"])
        # What the run before wrote (a gigabyte came home, another was loaded) is archived before the clock starts.
        settle()
        serving, home, drill = restored(bench)
        for name, seconds in (("serving", serving), ("home", home), ("drill", drill), ("load", load(argv))):
            sides[name].append(round(seconds, 1))
        say(f"{number + 1}/{runs()}: " + ", ".join(f"{name} {times[-1]} s" for name, times in sides.items()))
    peer, theirs = "odoo db load of a zip with the same files", median(sides["load"])
    size = int(superuser(f"SELECT pg_database_size('{TENANT}')"))
    about: dict[str, t.Any] = {"database_bytes": size, "attachments": ATTACHMENTS}
    for metric, side, bound in (
        ("tenant_restore_serving", "serving", "ratio >= 5"),
        ("tenant_restore_home", "home", "reported beside it"),
    ):
        ours = median(sides[side])
        ratio = round(theirs / ours, 2)
        more: dict[str, t.Any] = {"runs": sides[side], "peer_runs": sides["load"], **about}
        result(metric, ours, "s", bound, peer=peer, peer_value=theirs, ratio=ratio, **more)
    result("drill", median(sides["drill"]), "s", "<= 180", runs=sides["drill"], **about)


def main() -> None:
    with tempfile.TemporaryDirectory(dir="/var/lib/sysgenpro") as name:
        folder = Path(name)
        folder.chmod(0o755)
        bench = Bench(inventory(folder), Scratch(folder, ""), folder)
        request(bench.scratch, {})
        remove = ("-i", bench.inventory, "scripts/remove_tenants.yml", "-e", f"remove={TENANT}")
        try:
            playbook(*remove)
            bench.play("tenants")
            fill(bench)
            if int(superuser(f"SELECT pg_database_size('{TENANT}')")) < GIGABYTE:
                sys.exit("the tenant is smaller than a gigabyte")
            measure(bench)
        finally:
            superuser(f"DROP DATABASE IF EXISTS {LOADED} WITH (FORCE);")
            playbook(*remove)
            shutil.rmtree(folder / "objects", ignore_errors=True)


if __name__ == "__main__":
    main()
