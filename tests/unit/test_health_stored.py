"""Which stored attachment proves that Odoo reads object storage."""

from __future__ import annotations

import hashlib
import typing as t

import pytest
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge.health import stored
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import OdooError

if t.TYPE_CHECKING:
    from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters.odoo_http import OdooClient

GOOD = b"as it was"


class Shop:
    """Answers with what each attachment has now: its status and content."""

    def __init__(self, *answers: tuple[int, bytes]) -> None:
        self.answers, self.asked = answers, 0

    def session_call(
        self, _model: str, _method: str, _arguments: list[t.Any], options: dict[str, t.Any]
    ) -> list[t.Any]:
        known = hashlib.sha1(GOOD, usedforsecurity=False).hexdigest()
        found = [{"id": number, "checksum": known, "file_size": len(GOOD)} for number in range(len(self.answers))]
        return found[: options["limit"]]

    def request(self, _method: str, _path: str) -> tuple[int, bytes]:
        self.asked += 1
        return self.answers[self.asked - 1]


def look(*answers: tuple[int, bytes]) -> bool:
    return stored(t.cast("OdooClient", Shop(*answers)))


def test_nothing_stored_is_no_fault() -> None:
    assert look() is False


def test_what_was_removed_since_is_passed_over() -> None:
    assert look((500, b"gone"), (404, b"gone"), (200, GOOD)) is True


def test_other_bytes_are_a_fault_at_once() -> None:
    with pytest.raises(OdooError, match="Attachment 1 came back with HTTP 200"):
        look((500, b"gone"), (200, b"something else"), (200, GOOD))


def test_none_that_can_be_fetched_is_a_fault() -> None:
    with pytest.raises(OdooError, match="Attachment 0 came back with HTTP 500") as refused:
        look(*[(500, b"gone")] * 30)
    assert "None of the newest 20" in str(refused.value.hint)
