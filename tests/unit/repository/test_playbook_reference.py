"""Every playbook says what it is and what can be given to it, and has a page."""

from __future__ import annotations

import typing as t

import playbook_reference
import pytest

if t.TYPE_CHECKING:
    from pathlib import Path

of_each_playbook = pytest.mark.parametrize("name", playbook_reference.names())


@of_each_playbook
def test_a_comment_says_what_it_is(name: str) -> None:
    assert playbook_reference.read(name).description


@of_each_playbook
def test_every_variable_that_a_play_reads_is_described(name: str) -> None:
    assert playbook_reference.unexplained(name) == set(), "describe it in scripts/playbook_variables.yml"


def test_what_stands_for_an_option_is_described_as_that_option() -> None:
    kind = playbook_reference.read("backup").variables["type"]
    assert kind.spec["choices"] == ["full", "diff", "incr"]


def test_what_a_play_sets_itself_cannot_be_given() -> None:
    assert "postgresql_proxies_state" not in playbook_reference.read("restore_cluster").variables


def test_variables_of_an_imported_playbook_can_be_given() -> None:
    assert "odoo_batch" in playbook_reference.read("site").variables


def test_every_playbook_has_a_page_that_the_index_leads_to(tmp_path: Path) -> None:
    playbook_reference.write(tmp_path)
    pages = {path.stem for path in tmp_path.glob("*_playbook.rst")}
    assert pages == {f"{path.stem}_playbook" for path in playbook_reference.PLAYBOOKS.glob("*.yml")}
    index = (tmp_path / "index.rst").read_text()
    assert [page for page in pages if f"<{page}>" not in index] == []


def test_the_readme_lists_every_playbook_of_a_user(collection: Path) -> None:
    text = (collection / "README.md").read_text()
    assert [name for name in playbook_reference.names() if f"`sysgenpro.odoo.{name}`" not in text] == []
