"""Backups of Odoo: what is unpacked, and what of their SQL is loaded."""

from __future__ import annotations

import io
import subprocess
import tarfile
import typing as t
import zipfile

import pytest
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge.adopt import unpack
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge.export import archive
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render import adopt
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import OdooError
from hypothesis import given
from hypothesis import strategies as st

if t.TYPE_CHECKING:
    from pathlib import Path


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_a_backup_of_the_database_manager_is_unpacked(tmp_path: Path) -> None:
    source, work = tmp_path / "backup.zip", tmp_path / "work"
    work.mkdir()
    with zipfile.ZipFile(source, "w") as made:
        for name in (
            "dump.sql",
            "manifest.json",
            "filestore/ab/ab12",
            "filestore/../../escaped",
            "/etc/absolute",
            "../up",
        ):
            made.writestr(name, name)
    unpack(str(source), work)
    assert names(work) == {"dump.sql", "files/ab/ab12"}
    assert names(tmp_path) == {"backup.zip", "work/dump.sql", "work/files/ab/ab12"}


def test_an_export_comes_back(tmp_path: Path) -> None:
    export, work = tmp_path / "acme-20260131", tmp_path / "work"
    (export / "attachments/ab").mkdir(parents=True)
    (export / "database.dump").write_bytes(b"PGDMP1")
    (export / "attachments/ab/one.pdf").write_text("one")
    (export / "SHA256SUMS").write_text("")
    made = archive(str(export))
    assert (tmp_path / "acme-20260131.tar.gz").stat().st_mode & 0o777 == 0o600
    assert archive(str(export)) == made
    work.mkdir()
    unpack(made, work)
    assert names(work) == {"database.dump", "files/ab/one.pdf"}


def test_links_in_an_archive_are_not_followed(tmp_path: Path) -> None:
    source, work = tmp_path / "export.tar.gz", tmp_path / "work"
    work.mkdir()
    with tarfile.open(source, "w:gz") as tar:
        link = tarfile.TarInfo("x/attachments/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc"
        tar.addfile(link)
        dump = tarfile.TarInfo("x/database.dump")
        dump.size = 5
        tar.addfile(dump, io.BytesIO(b"PGDMP"))
    unpack(str(source), work)
    assert names(work) == {"database.dump"}


def test_a_dump_is_taken_as_it_is(tmp_path: Path) -> None:
    source, work = tmp_path / "any.dump", tmp_path / "work"
    work.mkdir()
    source.write_bytes(b"PGDMP and more")
    unpack(str(source), work)
    assert (work / "database.dump").read_bytes() == source.read_bytes()


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04 broken"])
def test_what_is_no_backup_is_refused(tmp_path: Path, content: bytes) -> None:
    source = tmp_path / "file"
    source.write_bytes(content)
    with pytest.raises(OdooError, match="is no Odoo backup"):
        unpack(str(source), tmp_path)


@given(
    st.lists(st.sampled_from(["..", ".", "filestore", "attachments", "a", "dump.sql", "", "database.dump"]), max_size=6)
)
def test_nothing_is_unpacked_elsewhere(parts: list[str]) -> None:
    found = adopt.destination("/".join(parts))
    if found is not None:
        assert found in ("dump.sql", "database.dump") or found.startswith("files/")
        assert ".." not in found.split("/")


def sql(text: str) -> str:
    """What of a dump reaches psql, by the script's own awk program."""
    start = adopt.SCRIPT.index("awk '") + len("awk '")
    program = adopt.SCRIPT[start : adopt.SCRIPT.index("' /out/dump.sql")]
    return subprocess.run(["awk", program], input=text, capture_output=True, text=True, check=True).stdout


def test_extensions_are_left_out_and_data_that_looks_like_it_is_kept() -> None:
    text = (
        "\\restrict abc\nCREATE SCHEMA public;\nCREATE EXTENSION IF NOT EXISTS pg_trgm;\nCOMMENT ON EXTENSION pg_trgm IS 'x';\n"
        "CREATE TABLE t (a text);\nCOPY public.t (a) FROM stdin;\nCREATE EXTENSION of the house\n\\\\restrict x\n\\.\n"
        "COMMENT ON TABLE t IS 'y';\n\\unrestrict abc\n"
    )
    assert sql(text) == (
        "CREATE TABLE t (a text);\nCOPY public.t (a) FROM stdin;\nCREATE EXTENSION of the house\n\\\\restrict x\n\\.\n"
        "COMMENT ON TABLE t IS 'y';\n"
    )


def test_the_list_of_a_dump_keeps_everything_but_extensions_and_the_schema() -> None:
    start = adopt.SCRIPT.index("grep -Ev '") + len("grep -Ev '")
    pattern = adopt.SCRIPT[start : adopt.SCRIPT.index("' >/out/list")]
    listed = (
        "5; 2615 2200 SCHEMA - public pg_database_owner\n3; 3079 16390 EXTENSION - pg_trgm \n3701; 0 0 COMMENT - EXTENSION pg_trgm \n"
        "3702; 0 0 COMMENT - SCHEMA public pg_database_owner\n"
        "220; 1259 16500 TABLE public res_partner acme\n3703; 0 0 COMMENT public TABLE res_partner acme\n"
        "3500; 0 16500 TABLE DATA public res_partner acme\n"
    )
    done = subprocess.run(["grep", "-Ev", pattern], input=listed, capture_output=True, text=True, check=True).stdout
    assert [line.split(";")[0] for line in done.splitlines()] == ["220", "3703", "3500"]
