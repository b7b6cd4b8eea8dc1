"""The collection as Galaxy would get it."""

from __future__ import annotations

import subprocess
import tarfile
from pathlib import Path

import pytest
from collection import collection_files, copy_collection

HIDDEN = {".secrets", ".cache", ".state", "__pycache__", ".mypy_cache", ".pytest_cache"}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Build the collection from a clean copy and return the names in the archive."""
    work = tmp_path_factory.mktemp("build")
    source = copy_collection(work)
    command = ["ansible-galaxy", "collection", "build", "--output-path", str(work), str(source)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    with tarfile.open(next(work.glob("sysgenpro-odoo-*.tar.gz"))) as built:
        return {Path(member.name).as_posix() for member in built.getmembers() if not member.isdir()}


def test_every_file_of_the_collection_is_in_the_archive(archive: set[str]) -> None:
    expected = {name.as_posix() for name in collection_files()} - {"galaxy.yml"}
    assert expected - archive == set()


def test_the_archive_holds_roles_plugins_and_playbooks(archive: set[str], collection: Path) -> None:
    for role in (collection / "roles").iterdir():
        assert f"roles/{role.name}/tasks/main.yml" in archive
    for directory in ("plugins/modules", "plugins/module_utils", "plugins/lookup", "playbooks"):
        assert any(name.startswith(f"{directory}/") for name in archive), directory


def test_nothing_of_this_machine_is_in_the_archive(archive: set[str]) -> None:
    assert [name for name in archive if HIDDEN & set(Path(name).parts)] == []
