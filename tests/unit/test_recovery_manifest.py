"""What a recovery point names, and what a check of files finds: the pure part of the image recovery."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recovery import check, manifest
from recovery.errors import RecoveryError
from recovery.manifest import Entry, Finding, Row, Version

NOW = 1_800_000_000.0
DAY = 86400.0


def row(number: int, *, size: int = 10, name: str = "") -> Row:
    return Row(number, name or f"attachments://{number}.bin", f"sha1-{number}", size)


def version(number: int, name: str = "v1", **changes: object) -> Version:
    values = {"etag": f"e{number}", "size": 10, "modified": NOW - 2 * DAY, "latest": True, "deleted": False}
    return Version(f"{number}.bin", name, **{**values, **changes})  # type: ignore[arg-type]


def kinds(findings: list[Finding] | tuple[Finding, ...]) -> list[tuple[str, int]]:
    return [(finding.kind, finding.id) for finding in findings]


def test_an_attachment_is_joined_with_the_current_version_of_its_object() -> None:
    old = version(1, "v1", latest=False, size=99, modified=NOW)
    joined = manifest.join([row(2), row(1)], [old, version(1, "v2"), version(2)])
    assert joined.findings == ()
    assert joined.entries == (
        Entry(1, "1.bin", "v2", "e1", 10, "sha1-1"),
        Entry(2, "2.bin", "v1", "e2", 10, "sha1-2"),
    )


def test_a_deleted_object_is_a_finding_and_its_last_version_is_named() -> None:
    marker = version(1, "d1", latest=True, deleted=True, modified=NOW)
    older = version(1, "v1", latest=False, modified=NOW - 3 * DAY)
    joined = manifest.join([row(1)], [marker, older, version(1, "v2", latest=False)])
    assert kinds(joined.findings) == [("missing", 1)]
    assert [entry.version_id for entry in joined.entries] == ["v2"]


def test_what_cannot_be_joined_is_said_and_not_dropped() -> None:
    rows = [row(1), row(2, size=11), row(3, name="ab/cdef"), row(4, name="other://4.bin"), row(5)]
    joined = manifest.join(rows, [version(2), version(5)])
    assert kinds(joined.findings) == [("missing", 1), ("size", 2), ("elsewhere", 3), ("elsewhere", 4)]
    assert [entry.id for entry in joined.entries] == [2, 5]


def test_two_attachments_may_share_an_object() -> None:
    rows = [row(1), row(7, name="attachments://1.bin")]
    assert [entry.id for entry in manifest.join(rows, [version(1)]).entries] == [1, 7]


@given(st.lists(st.builds(Entry, st.integers(1), st.text(), st.text(), st.text(), st.integers(0), st.text())))
def test_a_packed_list_is_the_same_bytes_and_reads_as_it_was(entries: list[Entry]) -> None:
    assert manifest.unpack(manifest.pack(entries)) == entries
    assert manifest.pack(entries) == manifest.pack(list(entries))


@pytest.mark.parametrize("content", [b"", b"no gzip", manifest.pack([])[:-5]])
def test_a_list_that_was_cut_off_is_refused(content: bytes) -> None:
    with pytest.raises(RecoveryError, match="cannot be read"):
        manifest.unpack(content)


@pytest.mark.parametrize(
    ("content", "said"), [(b"{", "no manifest"), (b"[]", "no manifest"), (b'{"format": 2}', "has format 2")]
)
def test_a_manifest_of_another_format_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(RecoveryError, match=said):
        manifest.read(content)


def test_a_result_counts_all_and_shows_the_first() -> None:
    findings = [Finding("missing", f"{number}.bin", number) for number in range(1, 31)]
    shown = manifest.shown([*findings, Finding("orphan", "x")])
    assert shown["counts"] == {"missing": 30, "orphan": 1}
    assert len(shown["first"]["missing"]) == manifest.SHOWN
    assert shown["first"]["orphan"] == [{"kind": "orphan", "key": "x"}]
    assert json.loads(json.dumps(shown)) == shown


def test_every_attachment_is_compared_with_its_current_object() -> None:
    rows = [row(1), row(2), row(3, size=9), row(4), row(5, name="ab/cdef")]
    versions = [version(1), version(3), version(4, "d1", deleted=True), version(4, latest=False)]
    found = check.compare(rows, versions)
    assert kinds(found) == [("missing", 2), ("size", 3), ("missing", 4), ("elsewhere", 5)]
    assert not check.verdict(found)


def test_a_manifest_tells_replaced_objects_apart() -> None:
    rows = [row(1), row(2), row(3)]
    entries = list(manifest.join(rows, [version(1), version(2), version(3)]).entries)
    now = [version(1), version(2, "v9", etag="another"), version(3, "v9")]
    assert kinds(check.against(entries, rows, now, same_bucket=True)) == [("etag", 2), ("version", 3)]
    assert kinds(check.against(entries, rows, now, same_bucket=False)) == [("etag", 2)]


def test_a_copy_of_an_object_in_parts_may_have_another_etag() -> None:
    entries = [Entry(1, "1.bin", "v1", "abc-7", 10, "sha1-1")]
    now = [version(1, "v9", etag="def")]
    assert check.against(entries, [row(1)], now, same_bucket=False) == []
    assert kinds(check.against(entries, [row(1)], now, same_bucket=True)) == [("etag", 1)]


def test_attachments_that_changed_since_the_manifest_are_not_judged_by_it() -> None:
    entries = [Entry(1, "1.bin", "v1", "other", 10, "x"), Entry(2, "2.bin", "v1", "other", 10, "x")]
    rows = [row(2, name="attachments://new.bin")]
    assert check.against(entries, rows, [version(1), version(2)], same_bucket=True) == []


def test_old_objects_without_an_attachment_are_orphans_and_young_ones_are_counted() -> None:
    versions = [
        version(1),
        version(2),
        version(3, modified=NOW - DAY + 1),
        version(4, "d1", deleted=True),
        version(4, latest=False),
    ]
    found, young = check.orphans([row(1)], versions, now=NOW, grace=DAY)
    assert [(finding.kind, finding.key) for finding in found] == [("orphan", "2.bin")]
    assert young == 1
    assert check.verdict(found)


def test_up_to_the_bound_all_are_read_and_beyond_it_a_sample_that_the_seed_decides() -> None:
    rows = [row(number) for number in range(1, 101)]
    assert check.sample(rows, above=100, seed=1) == rows
    first = check.sample(rows, above=10, seed=1)
    assert len(first) == 10
    assert first == check.sample(list(reversed(rows)), above=10, seed=1)
    assert first != check.sample(rows, above=10, seed=2)
    assert set(first) <= set(rows)
    assert check.sample([row(1, name="ab/cdef")], above=10, seed=1) == []


def test_only_what_is_not_there_is_copied() -> None:
    entries = [
        Entry(1, "1.bin", "v1", "e1", 10, "s"),
        Entry(2, "2.bin", "v1", "e2", 10, "s"),
        Entry(3, "3.bin", "v1", "e3", 10, "s"),
        Entry(4, "4.bin", "v1", "e4", 10, "s"),
        Entry(5, "5.bin", "v1", "parts-2", 10, "s"),
        Entry(6, "1.bin", "v1", "e1", 10, "s"),
    ]
    target = [
        version(1, "other"),
        version(2, etag="another"),
        version(3, size=11),
        version(4, deleted=True),
        version(5, etag="whole"),
    ]
    lacking, doubtful = check.to_copy(entries, target)
    assert [entry.key for entry in lacking] == ["2.bin", "3.bin", "4.bin"]
    assert [entry.key for entry in doubtful] == ["5.bin"]
