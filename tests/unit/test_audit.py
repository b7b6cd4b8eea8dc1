"""The audit trail: whole, ordered, and without what somebody typed between quotes."""

from __future__ import annotations

import json
import multiprocessing
import typing as t

from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters import audit
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render import audit as render
from hypothesis import given
from hypothesis import strategies as st

if t.TYPE_CHECKING:
    from pathlib import Path

SECRET = "Tr0ub4dor"


def add(path: str, count: int) -> None:
    for number in range(count):
        audit.append(path, {"n": number})


def test_lines_follow_each_other_also_when_two_write(tmp_path: Path) -> None:
    path = str(tmp_path / "log" / "audit.jsonl")
    writers = [multiprocessing.Process(target=add, args=(path, 25)) for _writer in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    lines = audit.read(path)
    assert len(lines) == 50
    assert render.broken(lines) == 0


def test_a_line_changed_taken_out_or_put_in_is_noticed(tmp_path: Path) -> None:
    path = str(tmp_path / "audit.jsonl")
    add(path, 4)
    lines = audit.read(path)
    changed = [lines[0], json.dumps({**json.loads(lines[1]), "n": 7}, sort_keys=True), *lines[2:]]
    assert render.broken(changed) == 3
    assert render.broken([lines[0], *lines[2:]]) == 2
    assert render.broken([*lines[:2], render.line({"n": 9}, lines[0]), *lines[2:]]) == 3
    assert render.broken(["{", *lines]) == 1


def test_no_trail_is_whole(tmp_path: Path) -> None:
    assert audit.read(str(tmp_path / "none")) == []
    assert render.broken([]) == 0


CLOSED = (
    "'{}'", "E'{}'", "e'a\\'{}'", "'it''s {}'", "$${}$$", "$body$ '{}' $body$", "-- {}\n", "/* {} */", "/* it's {} */", "'a\\' || '{}'",
)  # fmt: skip
OPEN = ("", "'{}", "$$ {}", "E'{}", "-- {}", "/* {}")


@given(
    st.lists(st.sampled_from(CLOSED), min_size=1, max_size=6),
    st.sampled_from(OPEN),
    st.sampled_from([" ", ", ", " || ", "\n"]),
)
def test_no_text_of_a_statement_is_kept(pieces: list[str], last: str, between: str) -> None:
    statement = "SELECT " + between.join(piece.format(SECRET) for piece in [*pieces, last])
    assert SECRET not in render.statement(statement)
    assert render.statement(statement).startswith("SELECT")


def test_what_a_statement_does_is_kept() -> None:
    said = render.statement("UPDATE res_users\n   SET password = 'x' WHERE login = $$ada$$ AND id > 5 -- it's me")
    assert said == "UPDATE res_users SET password = '…' WHERE login = '…' AND id > 5"
