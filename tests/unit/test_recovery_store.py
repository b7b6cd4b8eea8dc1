"""Listing of versions in pages, against a store that pages as S3 does."""

from __future__ import annotations

import datetime
import typing as t

import botocore.utils
import pytest
from recovery.errors import RecoveryError
from recovery.filestore import versions_for
from recovery.manifest import Row
from recovery.request import Bucket, parse
from recovery.store import Store, _moment, in_parallel

THEN = datetime.datetime(2026, 1, 31, tzinfo=datetime.UTC)
BUCKET = Bucket("https://192.0.2.1:8333", "us-east-1", "acme", "access", "hidden-secret")


class Pages:
    """A bucket of (key, version, deleted), newest first within a key, listed ``size`` at a time."""

    def __init__(self, items: t.Sequence[tuple[str, str, bool]], size: int = 2, lost: t.Collection[str] = ()) -> None:
        self.items, self.size, self.lost = sorted(items, key=lambda item: item[0]), size, lost

    def list_object_versions(self, **arguments: str) -> dict[str, t.Any]:
        assert arguments["Bucket"] == BUCKET.bucket
        prefix, delimiter = arguments.get("Prefix", ""), arguments.get("Delimiter", "")
        entries: list[tuple[str, str, bool, bool]] = []
        for key, name, deleted in self.items:
            if not key.startswith(prefix) or (key in self.lost and key != prefix):
                continue
            head, slash, _rest = key[len(prefix) :].partition(delimiter) if delimiter else (key, "", "")
            shown = (prefix + head + slash, "", False, True) if slash else (key, name, deleted, False)
            if shown not in entries:
                entries.append(shown)
        position = 0
        if "KeyMarker" in arguments:
            position = 1 + max(
                number
                for number, (key, name, _deleted, _common) in enumerate(entries)
                if (key, name) == (arguments["KeyMarker"], arguments.get("VersionIdMarker", ""))
            )
        page = entries[position : position + self.size]
        answer: dict[str, t.Any] = {"Versions": [], "DeleteMarkers": [], "CommonPrefixes": []}
        for key, name, deleted, common in page:
            latest = next(item for item in self.items if item[0] == key or common)[1] == name
            item = {"Key": key, "VersionId": name, "IsLatest": latest, "LastModified": THEN}
            if common:
                answer["CommonPrefixes"].append({"Prefix": key})
            elif deleted:
                answer["DeleteMarkers"].append(item)
            else:
                answer["Versions"].append({**item, "ETag": f'"{name}"', "Size": 3})
        if position + self.size < len(entries):
            answer.update(IsTruncated=True, NextKeyMarker=page[-1][0], NextVersionIdMarker=page[-1][1])
        return answer


def store(items: t.Sequence[tuple[str, str, bool]], **options: t.Any) -> Store:
    return Store(BUCKET, ca_file="", client=Pages(items, **options))


ITEMS = [
    *((f"{letter}/{number}", f"v{version}", False) for letter in "abc" for number in range(4) for version in (2, 1)),
    ("a/9", "d1", True),
    ("a/9", "v1", False),
    ("loose", "v1", False),
    ("loose2", "v1", False),
    ("made-by-hand/", "null", False),
]


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_every_version_of_every_page_is_listed_once(size: int) -> None:
    found = store(ITEMS, size=size).versions()
    assert sorted((version.key, version.version_id, version.deleted) for version in found) == sorted(ITEMS[:-1])
    assert {version.etag for version in found if not version.deleted} == {"v1", "v2"}
    assert {version.modified for version in found} == {THEN.timestamp()}


def test_a_listing_that_does_not_go_on_is_an_error_and_not_an_end() -> None:
    class Stuck(Pages):
        def list_object_versions(self, **_arguments: str) -> dict[str, t.Any]:
            return {"IsTruncated": True, "NextKeyMarker": "a", "NextVersionIdMarker": "v1"}

    with pytest.raises(RecoveryError, match="breaks off"):
        Store(BUCKET, ca_file="", client=Stuck([])).versions()


def test_versions_of_one_key_are_not_those_of_its_neighbours() -> None:
    items = [("a", "v1", False), ("a-1", "v1", False), ("ab", "v1", False)]
    assert [version.key for version in store(items).versions_of("a")] == ["a"]
    assert store(items).versions_of("b") == []


def test_what_a_listing_skipped_is_asked_for_by_name() -> None:
    rows = [
        Row(1, "attachments://a/0", "x", 3),
        Row(2, "attachments://a/1", "x", 3),
        Row(3, "attachments://no", "x", 3),
    ]
    found = versions_for(rows, store(ITEMS, lost=["a/1"]))
    assert {version.key for version in found} >= {"a/0", "a/1"}
    assert len([version for version in found if version.key == "a/1"]) == 2


def test_results_keep_their_order_and_the_first_error_ends_it() -> None:
    assert in_parallel(lambda number: number * 2, range(50)) == list(range(0, 100, 2))

    def fail(number: int) -> int:
        raise ValueError(number)

    with pytest.raises(ValueError, match="0"):
        in_parallel(fail, range(100))


def test_a_request_names_what_it_lacks_and_shows_no_secret() -> None:
    plain = {
        "tenant": "acme",
        "store": {"endpoint": "https://192.0.2.1", "bucket": "acme"},
        "database": {"host": "192.0.2.1", "port": "5500", "name": "acme", "user": "acme"},
    }
    secrets = {"store": {"access_key": "access", "secret_key": "hidden-s3"}, "database_password": "hidden-password"}
    request = parse(plain, secrets, ca_file="/ca", signing_key="/key")
    assert request.need_database().port == 5500
    assert request.need_store().region == "us-east-1"
    assert "hidden" not in repr(request)
    with pytest.raises(RecoveryError, match="has no evidence"):
        request.need_evidence()
    with pytest.raises(RecoveryError, match="'secret_key'") as refused:
        parse(plain, {**secrets, "store": {"access_key": "access"}}, ca_file="/ca", signing_key="/key")
    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-25T18:18:25.000Z",
        "2026-11-25T18:18:25Z",
        "2026-11-25T20:18:25+02:00",
        "Wed, 25 Nov 2026 18:18:25 GMT",
        "1764094705",
    ],
)
def test_a_time_is_read_as_botocore_reads_it(text: str) -> None:
    assert _moment(text) == botocore.utils.parse_timestamp(text)
    assert _moment(text).tzinfo is not None
