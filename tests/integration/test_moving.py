"""A tenant handed out and adopted again, and what relocation refuses."""

from __future__ import annotations

import json
import shutil
import tarfile
import typing as t
import zipfile
from pathlib import Path

import pytest

from .conftest import SECRETS, Tenant, containers, run
from .test_schedule import DAYTWO, EPHEMERAL, Region, served

EXPORTS = Path("/var/lib/sysgenpro/exports")
IMAGES = json.loads((SECRETS / "images.json").read_text())
COUNTS = "SELECT (SELECT count(*) FROM res_partner), (SELECT count(*) FROM ir_attachment WHERE type = 'binary')"


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Region]:
    """A tenant of ours beside the others; gone afterwards."""
    made = Region(tmp_path_factory.mktemp("region"), **{DAYTWO.name: EPHEMERAL})
    made.verb("tenants", "--limit", DAYTWO.name)
    yield made
    made.verb("decommission", tenant=DAYTWO.name, odoo_confirm=DAYTWO.name)
    shutil.rmtree(SECRETS / DAYTWO.name)


@pytest.fixture(scope="module")
def export(region: Region, staging: Tenant) -> t.Iterator[Path]:
    """acme_staging with a file in its bucket, handed out."""
    path = EXPORTS / f"{staging.name}-moving"
    made = 'env["ir.attachment"].create({"name": "moving.bin", "raw": bytes(range(256)) * 1024})'
    region.verb("shell", tenant=staging.name, odoo_shell_command=made, odoo_shell_commit=True)
    region.verb("export_tenant", tenant=staging.name, odoo_export_name="moving")
    yield path
    gone = 'env["ir.attachment"].search([("name", "=", "moving.bin")]).unlink()'
    region.verb("shell", tenant=staging.name, odoo_shell_command=gone, odoo_shell_commit=True)
    shutil.rmtree(path)
    Path(f"{path}.tar.gz").unlink()


def adopted(region: Region, source: Path, staging: Tenant) -> str:
    said = region.verb("import_tenant", tenant=DAYTWO.name, odoo_confirm=DAYTWO.name, odoo_import_path=str(source))
    assert served(DAYTWO)
    assert (
        DAYTWO.psql("SELECT count(*) FROM res_partner").stdout
        == staging.psql("SELECT count(*) FROM res_partner").stdout
    )
    assert DAYTWO.psql("SELECT value FROM ir_config_parameter WHERE key = 'web.base.url'").stdout.strip() == DAYTWO.url
    logins = "SELECT string_agg(login || password, ',' ORDER BY login) FROM res_users WHERE login NOT LIKE 'health@%'"
    assert DAYTWO.psql(logins).stdout == staging.psql(logins).stdout
    assert DAYTWO.psql("SELECT count(*) FROM ir_cron WHERE active").stdout.strip() == "0"
    return said


def test_an_export_is_one_archive_for_root_alone(export: Path) -> None:
    archive = Path(f"{export}.tar.gz")
    assert archive.stat().st_mode & 0o777 == 0o600
    with tarfile.open(archive) as tar:
        names = {name.split("/", 1)[1] for name in tar.getnames() if "/" in name}
    assert {"database.dump", "SHA256SUMS"} <= names


def test_an_export_is_adopted_with_users_files_and_crons_held(region: Region, export: Path, staging: Tenant) -> None:
    archive = Path(f"{export}.tar.gz")
    said = adopted(region, archive, staging)
    assert f"{DAYTWO.name}__" in said
    # Every file the export had is in the bucket of the adopting tenant.
    stored = {item["Key"] for item in DAYTWO.s3().list_objects_v2(Bucket=DAYTWO.bucket).get("Contents", [])}
    named = DAYTWO.psql("SELECT store_fname FROM ir_attachment WHERE store_fname IS NOT NULL").stdout.split()
    assert {name.split("://", 1)[1] for name in named} <= stored
    assert len(named) >= len([path for path in (export / "attachments").rglob("*") if path.is_file()])
    # The same backup is not loaded twice.
    again = region.verb("import_tenant", tenant=DAYTWO.name, odoo_confirm=DAYTWO.name, odoo_import_path=str(archive))
    assert "The database before is kept" not in again


def test_a_backup_of_the_database_manager_is_adopted(
    region: Region, export: Path, staging: Tenant, tmp_path: Path
) -> None:
    """SQL as Odoo's database manager writes it, extensions and all."""
    sql = run(
        "docker", "run", "--rm", "--network", "none", "-v", f"{export}:/out:ro", "--entrypoint", "pg_restore",
        str(IMAGES["odoo"]["image"]), "--no-owner", "-f", "-", "/out/database.dump", timeout=600,
    )  # fmt: skip
    assert "CREATE EXTENSION" in sql.stdout
    backup = tmp_path / "backup.zip"
    with zipfile.ZipFile(backup, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("dump.sql", sql.stdout)
        made.writestr("manifest.json", json.dumps({"odoo_dump": "1"}))
        for path in (export / "attachments").rglob("*"):
            if path.is_file():
                made.write(path, f"filestore/{path.relative_to(export / 'attachments')}")
    adopted(region, backup, staging)


def test_a_backup_without_its_files_changes_nothing(region: Region, export: Path, tmp_path: Path) -> None:
    before = DAYTWO.psql(COUNTS).stdout
    bare = tmp_path / "bare.dump"
    shutil.copyfile(export / "database.dump", bare)
    done = region.playbook("import_tenant", tenant=DAYTWO.name, odoo_confirm=DAYTWO.name, odoo_import_path=str(bare))
    assert done.returncode != 0
    assert "attachments have no file" in done.stdout
    assert DAYTWO.psql(COUNTS).stdout == before
    assert served(DAYTWO)


def test_what_is_no_backup_changes_nothing(region: Region, tmp_path: Path) -> None:
    nonsense = tmp_path / "letter.zip"
    nonsense.write_text("Dear colleague")
    done = region.playbook(
        "import_tenant", tenant=DAYTWO.name, odoo_confirm=DAYTWO.name, odoo_import_path=str(nonsense)
    )
    assert done.returncode != 0
    assert "is no Odoo backup" in done.stdout
    assert served(DAYTWO)


def test_two_names_of_one_host_are_no_move(tmp_path: Path, region: Region) -> None:
    """The machine under another name: refused before anything stops."""
    moved = Region(tmp_path, "local2", **{DAYTWO.name: {**EPHEMERAL, "odoo_place": "local2"}})
    before = containers(f"sysgenpro.odoo/tenant={DAYTWO.name}")
    refused = moved.playbook("tenants", "--limit", DAYTWO.name)
    assert "move it with the playbook relocate" in refused.stdout
    done = moved.playbook("relocate", tenant=DAYTWO.name, odoo_confirm=DAYTWO.name)
    assert done.returncode != 0
    assert "local1 and local2 are one Docker host" in done.stdout
    assert containers(f"sysgenpro.odoo/tenant={DAYTWO.name}") == before
    done = region.playbook("relocate", tenant=DAYTWO.name, odoo_confirm=DAYTWO.name)
    assert "lives at local1 and is declared at local1" in done.stdout
