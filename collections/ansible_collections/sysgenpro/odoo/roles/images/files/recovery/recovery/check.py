# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Attachments beside objects, in both directions. Pure."""

from __future__ import annotations

import random
import typing as t

from .manifest import Entry, Finding, Row, Version, newest

#: What can be wrong; an orphan takes room and breaks nothing.
KINDS = ("elsewhere", "missing", "size", "etag", "version", "content", "unnamed", "surplus", "orphan")
HARMLESS = frozenset({"orphan"})


def compare(rows: t.Iterable[Row], versions: t.Iterable[Version]) -> list[Finding]:
    """Attachments whose object is not as the database says."""
    current = newest(versions)
    findings = []
    for row in sorted(rows):
        version = current.get(row.key)
        if not row.key:
            findings.append(Finding("elsewhere", row.store_fname, row.id, "not in the tenant's bucket"))
        elif version is None:
            findings.append(Finding("missing", row.key, row.id, "no such object"))
        elif version.deleted:
            findings.append(Finding("missing", row.key, row.id, "deleted"))
        elif version.size != row.size:
            findings.append(Finding("size", row.key, row.id, f"{version.size} bytes, the database says {row.size}"))
    return findings


def against(
    entries: t.Iterable[Entry], rows: t.Iterable[Row], versions: t.Iterable[Version], *, same_bucket: bool
) -> list[Finding]:
    """Attachments whose object is another than the manifest names; those it does not know are not judged.

    A copy in another bucket has a version of its own, and in parts it has an ETag of its own.
    """
    named = {(row.id, row.key) for row in rows}
    current = newest(versions)
    findings = []
    for entry in entries:
        version = current.get(entry.key)
        if version is None or version.deleted or (entry.id, entry.key) not in named:
            continue
        if version.etag != entry.etag and (same_bucket or not in_parts(version.etag, entry.etag)):
            findings.append(Finding("etag", entry.key, entry.id, f"{version.etag}, the manifest says {entry.etag}"))
        elif same_bucket and version.version_id != entry.version_id:
            findings.append(
                Finding("version", entry.key, entry.id, f"{version.version_id}, the manifest says {entry.version_id}")
            )
    return findings


def recoverable(
    entries: t.Sequence[Entry], rows: t.Iterable[Row], versions: t.Iterable[Version], *, exact: bool
) -> list[Finding]:
    """What keeps a restored database's attachments from being brought back: rows and manifest in both directions, and
    every version that the manifest names, whatever the bucket's current objects are.

    :param rows: the attachments of the database as it was restored to the point.
    :param exact: the manifest is of exactly the moment the database was restored to.
    """
    stored = {(version.key, version.version_id): version for version in versions if not version.deleted}
    known = {(entry.id, entry.key): entry for entry in entries}
    wanted = {(row.id, row.key): row for row in rows if row.key}
    findings = [
        Finding("unnamed", row.key, row.id, "the database has it, the manifest does not")
        for (identifier, key), row in sorted(wanted.items())
        if exact and (identifier, key) not in known
    ]
    for pair, entry in sorted(known.items()):
        if pair not in wanted:
            if exact:
                findings.append(Finding("surplus", entry.key, entry.id, "the manifest names it, the database does not"))
            continue
        version = stored.get((entry.key, entry.version_id))
        if version is None:
            findings.append(Finding("missing", entry.key, entry.id, f"no version {entry.version_id}"))
        elif (version.size, version.etag) != (wanted[pair].size, entry.etag):
            told = f"{version.size} bytes, ETag {version.etag}; wanted {wanted[pair].size} and {entry.etag}"
            findings.append(Finding("etag", entry.key, entry.id, told))
        elif wanted[pair].sha1 != entry.sha1:
            findings.append(Finding("content", entry.key, entry.id, "the manifest has another SHA-1 than the database"))
    return findings


def in_parts(*etags: str) -> bool:
    """Whether one of them is of an object that was uploaded in parts: it depends on the parts' sizes too."""
    return any("-" in etag for etag in etags)


def orphans(
    rows: t.Iterable[Row], versions: t.Iterable[Version], *, now: float, grace: float
) -> tuple[list[Finding], int]:
    """Objects no attachment names, and how many more of them are younger than ``grace`` seconds.

    A running transaction's file has no row yet, and a deleted attachment's waits for Odoo's garbage collection.
    """
    named = {row.key for row in rows}
    unnamed = [version for version in newest(versions).values() if not version.deleted and version.key not in named]
    old = [version for version in unnamed if now - version.modified >= grace]
    findings = [
        Finding(
            "orphan", version.key, detail=f"{version.size} bytes, {int((now - version.modified) // 3600)} hours old"
        )
        for version in sorted(old)
    ]
    return findings, len(unnamed) - len(old)


def sample(rows: t.Sequence[Row], *, above: int, seed: int) -> list[Row]:
    """All rows up to ``above``, beyond that as many chosen at random; the same seed chooses the same."""
    ordered = sorted(row for row in rows if row.key)
    if len(ordered) <= above:
        return ordered
    return sorted(random.Random(seed).sample(ordered, above))  # nosec: chance, not secrecy


def verdict(findings: t.Iterable[Finding]) -> bool:
    """Whether every attachment is as it must be."""
    return all(finding.kind in HARMLESS for finding in findings)


def to_copy(entries: t.Iterable[Entry], versions: t.Iterable[Version]) -> tuple[list[Entry], list[Entry]]:
    """Entries, one a key, whose object a bucket lacks or has otherwise, and those only their content can tell.

    The ETag of an object in parts depends on the parts: equal sizes with unequal ETags prove nothing then.
    """
    current = newest(versions)
    lacking: list[Entry] = []
    doubtful: list[Entry] = []
    for entry in {entry.key: entry for entry in entries}.values():
        version = current.get(entry.key)
        if version is None or version.deleted or version.size != entry.size:
            lacking.append(entry)
        elif version.etag != entry.etag:
            (doubtful if in_parts(version.etag, entry.etag) else lacking).append(entry)
    return lacking, doubtful


def to_bring(rows: t.Iterable[Row], versions: t.Iterable[Version]) -> list[Entry]:
    """What a bucket lacks of a database's attachments, one entry a key, or has in another size; no version is named."""
    current = newest(versions)
    lacking = {}
    for row in rows:
        version = current.get(row.key)
        if version is None or version.deleted or version.size != row.size:
            lacking[row.key] = Entry(row.id, row.key, "", "", row.size, row.sha1)
    return list(lacking.values())


def candidates(entry: Entry, versions: t.Iterable[Version]) -> list[Version]:
    """Versions of a copy that may be what an entry names, the likeliest first: its ETag, then the newest.

    :param versions: those of the entry's key in another bucket, where version ids say nothing.
    """
    alike = [version for version in versions if not version.deleted and version.size == entry.size]
    return sorted(alike, key=lambda version: (version.etag != entry.etag, -version.modified))
