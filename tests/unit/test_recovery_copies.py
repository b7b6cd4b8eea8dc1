# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of attachments off-site: what is copied, reported and called a problem, and which version is brought back."""

from __future__ import annotations

import hashlib
import json
import subprocess
import typing as t

import pytest
from recovery import check, copies, filestore
from recovery.errors import RecoveryError
from recovery.manifest import Entry, Row, Version
from recovery.request import Bucket

if t.TYPE_CHECKING:
    from pathlib import Path

PLAIN = {
    "source": {"endpoint": "https://192.0.2.1:8333"},
    "destination": {"endpoint": "https://192.0.2.2:8333", "region": "elsewhere", "bucket": "offsite"},
    "reports": "eu-copies",
    "closed": ["eu-exports"],
    "interval": 900,
}
KEYS = {name: {"access_key": f"{name}-access", "secret_key": f"{name}-secret"} for name in ("source", "destination")}
PREFIX = "eu-acme/"
STATS = json.dumps({"level": "notice", "stats": {"totalChecks": 7, "transfers": 2, "bytes": 30, "errors": 0}})
ERROR = json.dumps({"level": "error", "msg": "a/b: AccessDenied"})


def done(code: int = 0, out: str = "", err: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.CompletedProcess([], code, out, err)


@pytest.fixture
def wanted() -> copies.Copies:
    return copies.parse(PLAIN, KEYS)


class Rclone:
    """Answers of rclone by its verb; keeps what it was asked."""

    def __init__(self, **answers: t.Any) -> None:
        self.answers, self.asked = answers, []  # type: ignore[var-annotated]

    def __call__(self, _copies: copies.Copies, verb: str, *arguments: str, seconds: float, content: str = "") -> t.Any:
        assert seconds > 0
        self.asked.append((verb, *arguments, content))
        answer = self.answers.get(verb, done())
        return answer(arguments) if callable(answer) else answer


@pytest.fixture
def rclone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> t.Callable[..., Rclone]:
    def install(**answers: t.Any) -> Rclone:
        stand_in = Rclone(**answers)
        monkeypatch.setattr(copies, "rclone", stand_in)
        monkeypatch.setattr(copies, "STATUS", tmp_path / "status.json")
        return stand_in

    return install


def test_keys_are_in_the_environment_and_nowhere_to_be_seen(wanted: copies.Copies) -> None:
    assert wanted.environment["RCLONE_CONFIG_SOURCE_SECRET_ACCESS_KEY"] == "source-secret"
    assert wanted.environment["RCLONE_CONFIG_DESTINATION_REGION"] == "elsewhere"
    assert "secret" not in repr(wanted)


def test_every_tenants_bucket_is_copied_below_its_name_and_nothing_is_removed(
    wanted: copies.Copies, rclone: t.Callable[..., Rclone]
) -> None:
    stand_in = rclone(lsf=done(out="eu-acme/\neu-copies/\neu-exports/\neu-globex/\n"), copy=done(err=STATS))
    report = copies.run(wanted)
    pairs = [call[-3:-1] for call in stand_in.asked if call[0] == "copy"]
    assert pairs == [
        ("source:eu-acme", "destination:offsite/eu-acme"),
        ("source:eu-globex", "destination:offsite/eu-globex"),
    ]
    assert not {"sync", "move", "delete", "purge"} & {call[0] for call in stand_in.asked}
    assert "--checksum" in next(call for call in stand_in.asked if call[0] == "copy")
    assert (report["result"], report["buckets"][0]["objects"], report["stored"]) == ("success", 7, True)
    assert copies.problem(copies.read_status(), 900, copies.read_status()["complete"] + 1800) is None


def test_one_bucket_that_fails_makes_the_copy_incomplete_and_keeps_none_from_the_others(
    wanted: copies.Copies, rclone: t.Callable[..., Rclone]
) -> None:
    def copy(arguments: tuple[str, ...]) -> t.Any:
        return done(1, err=f"{ERROR}\n{STATS}") if "source:a" in arguments else done(err=STATS)

    rclone(lsf=done(out="a/\nb/\n"), copy=copy)
    report = copies.run(wanted)
    assert (report["result"], report["error"]) == ("failed", "a: a/b: AccessDenied")
    assert report["buckets"][1]["copied"] == 2
    said = copies.problem(copies.read_status(), 900, 0)
    assert said == "the newest complete copy is of never: a: a/b: AccessDenied"


def test_a_store_that_does_not_list_is_a_failure_and_not_an_empty_region(
    wanted: copies.Copies, rclone: t.Callable[..., Rclone]
) -> None:
    rclone(lsf=done(1, err=ERROR))
    assert copies.run(wanted)["result"] == "failed"
    assert copies.read_status()["complete"] is None


@pytest.mark.parametrize(
    ("status", "healthy"),
    [({}, False), ({"complete": 1000}, True), ({"complete": 999}, False), ({"complete": None, "last": {}}, False)],
)
def test_the_newest_complete_copy_is_at_most_twice_its_interval_old(status: dict[str, t.Any], healthy: bool) -> None:
    assert (copies.problem(status, 900, 2800) is None) == healthy


def version(key: str, name: str, content: bytes, *, modified: float = 1, deleted: bool = False) -> Version:
    return Version(key, name, etag(content), len(content), modified, False, deleted)


def etag(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def entry(key: str, content: bytes, **changes: t.Any) -> Entry:
    digest = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    return Entry(1, key, "version-in-the-region", etag(content), len(content), digest)._replace(**changes)


def test_the_likeliest_version_comes_first() -> None:
    versions = [
        version("k", "newer", b"bad", modified=3),
        version("k", "right", b"abc", modified=1),
        version("k", "newest", b"xyz", modified=9),
        version("k", "long", b"abcd", modified=5),
        version("k", "marker", b"", deleted=True),
    ]
    assert [found.version_id for found in check.candidates(entry("k", b"abc"), versions)] == [
        "right",
        "newest",
        "newer",
    ]


class Offsite:
    """A bucket with contents by (key, version id)."""

    def __init__(self, contents: dict[tuple[str, str], bytes]) -> None:
        self.bucket = Bucket("https://192.0.2.2", "", "offsite", "key", "secret")
        self.name, self.contents = "offsite", contents

    def versions(self, prefix: str = "") -> list[Version]:
        found = [
            version(key, name, content, modified=place)
            for place, ((key, name), content) in enumerate(self.contents.items())
        ]
        return [item for item in found if item.key.startswith(prefix)]

    def feed(self, key: str, version_id: str, make: t.Callable[[], t.Any]) -> t.Any:
        digest = make()
        digest.update(self.contents[key, version_id])
        return digest


class Target:
    def __init__(self) -> None:
        self.copied: list[tuple[str, str, str]] = []

    def copy_from(self, _source: t.Any, key: str, version_id: str, _size: int, *, origin_key: str = "") -> None:
        self.copied.append((origin_key, version_id, key))


def test_from_another_bucket_the_version_with_the_right_content_is_brought_back() -> None:
    # In parts the ETag says nothing, and the newest version of that size is another file.
    source = Offsite({("eu-acme/k", "good"): b"good", ("eu-acme/k", "evil"): b"evil", ("eu-globex/k", "no"): b"good"})
    target = Target()
    filestore.copy_chosen(
        t.cast("t.Any", source), t.cast("t.Any", target), [entry("k", b"good", etag="parts-2")], PREFIX
    )
    assert target.copied == [("eu-acme/k", "good", "k")]


def test_nothing_is_copied_unless_everything_can_be() -> None:
    source = Offsite({("eu-acme/a", "1"): b"good", ("eu-acme/b", "1"): b"evil"})
    target = Target()
    with pytest.raises(RecoveryError, match="no right version of 1 attachments: b"):
        filestore.copy_chosen(
            t.cast("t.Any", source), t.cast("t.Any", target), [entry("a", b"good"), entry("b", b"good")], PREFIX
        )
    assert target.copied == []


def test_a_restored_database_says_what_the_bucket_lacks() -> None:
    rows = [
        Row(number, f"attachments://{key}", "digest", 3) for number, key in enumerate(("here", "cut", "gone", "never"))
    ]
    versions = [
        version("here", "1", b"abc")._replace(latest=True),
        version("cut", "1", b"ab")._replace(latest=True),
        version("gone", "1", b"abc"),
        version("gone", "2", b"", deleted=True)._replace(latest=True),
    ]
    assert check.to_bring([*rows, rows[3]], versions) == [
        Entry(1, "cut", "", "", 3, "digest"),
        Entry(2, "gone", "", "", 3, "digest"),
        Entry(3, "never", "", "", 3, "digest"),
    ]
