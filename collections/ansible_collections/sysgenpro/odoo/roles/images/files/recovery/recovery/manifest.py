# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a recovery point says: which version of which object each attachment is. Pure."""

from __future__ import annotations

import dataclasses
import gzip
import io
import json
import typing as t

from .errors import RecoveryError

#: Changes when a reader of today could not read what is written.
FORMAT = 1
#: Scheme of store_fname: the code of the tenant's fs.storage record.
SCHEME = "attachments"
#: Entries of each kind in a result; the counts are always whole.
SHOWN = 20


class Row(t.NamedTuple):
    """A stored attachment as ir_attachment has it."""

    id: int
    store_fname: str
    sha1: str
    size: int

    @property
    def key(self) -> str:
        """Key in the tenant's bucket; empty when the attachment is kept elsewhere."""
        scheme, separator, key = self.store_fname.partition("://")
        return key if separator and scheme == SCHEME else ""


class Version(t.NamedTuple):
    """A version of an object, or a delete marker. ``modified`` in seconds since the epoch, by the service's clock."""

    key: str
    version_id: str
    etag: str
    size: int
    modified: float
    latest: bool
    deleted: bool


class Entry(t.NamedTuple):
    """An attachment with the version of the object that holds it."""

    id: int
    key: str
    version_id: str
    etag: str
    size: int
    sha1: str


class Finding(t.NamedTuple):
    """What is wrong, with whom. ``kind`` is one of check.KINDS."""

    kind: str
    key: str
    id: int = 0
    detail: str = ""


@dataclasses.dataclass(frozen=True)
class Joined:
    """Attachments and their versions, ordered by attachment; what could not be joined are findings."""

    entries: tuple[Entry, ...]
    findings: tuple[Finding, ...]


def newest(versions: t.Iterable[Version]) -> dict[str, Version]:
    """The current version or delete marker of each key."""
    return {version.key: version for version in versions if version.latest}


def newest_content(versions: t.Iterable[Version]) -> dict[str, Version]:
    """The newest version of each key that has content, also below a delete marker."""
    found: dict[str, Version] = {}
    for version in versions:
        if version.deleted:
            continue
        known = found.get(version.key)
        if known is None or (version.latest, version.modified) > (known.latest, known.modified):
            found[version.key] = version
    return found


def join(rows: t.Iterable[Row], versions: t.Sequence[Version]) -> Joined:
    """Name the version of every attachment.

    An object that was deleted while its attachment still names it is a finding, and its last version is named all the
    same: versions outlive deletion, so the point can bring it back.
    """
    current, content = newest(versions), newest_content(versions)
    entries, findings = [], []
    for row in sorted(rows):
        version = content.get(row.key)
        if not row.key:
            findings.append(Finding("elsewhere", row.store_fname, row.id, "not in the tenant's bucket"))
            continue
        if version is None:
            findings.append(Finding("missing", row.key, row.id, "no version of it exists"))
            continue
        if current.get(row.key, version).deleted:
            findings.append(Finding("missing", row.key, row.id, f"deleted; version {version.version_id} remains"))
        if version.size != row.size:
            findings.append(Finding("size", row.key, row.id, f"{version.size} bytes, the database says {row.size}"))
        entries.append(Entry(row.id, row.key, version.version_id, version.etag, version.size, row.sha1))
    return Joined(tuple(entries), tuple(findings))


def pack(entries: t.Iterable[Entry]) -> bytes:
    """Entries as compressed JSON lines; equal entries give equal bytes."""
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=6, mtime=0) as archive:
        for entry in entries:
            archive.write((json.dumps(entry._asdict(), sort_keys=True, separators=(",", ":")) + "\n").encode())
    return out.getvalue()


def unpack(content: bytes) -> list[Entry]:
    """The entries that `pack` wrote.

    :raises RecoveryError: when the content is something else.
    """
    try:
        if not content:
            raise EOFError("it is empty")
        lines = gzip.decompress(content).decode().splitlines()
        return [Entry(**json.loads(line)) for line in lines]
    except (OSError, EOFError, ValueError, TypeError) as error:
        raise RecoveryError(f"The list of attachments cannot be read: {error}") from error


def read(content: bytes) -> dict[str, t.Any]:
    """A manifest's document.

    :raises RecoveryError: when it is no manifest, or one of a format this program does not know.
    """
    try:
        document = json.loads(content)
        number = document["format"]
    except (ValueError, KeyError, TypeError) as error:
        raise RecoveryError(f"This is no manifest: {error!r}") from error
    if number != FORMAT:
        raise RecoveryError(
            f"The manifest has format {number}, this program knows {FORMAT}", hint="Use the image it was taken with"
        )
    return t.cast("dict[str, t.Any]", document)


def shown(findings: t.Iterable[Finding]) -> dict[str, t.Any]:
    """Findings for a result: how many of each kind, and the first of each."""
    by_kind: dict[str, list[Finding]] = {}
    for finding in findings:
        by_kind.setdefault(finding.kind, []).append(finding)
    return {
        "counts": {kind: len(found) for kind, found in sorted(by_kind.items())},
        "first": {kind: [plain(item) for item in found[:SHOWN]] for kind, found in sorted(by_kind.items())},
    }


def plain(finding: Finding) -> dict[str, t.Any]:
    """A finding as it stands in manifests and results."""
    return {name: value for name, value in finding._asdict().items() if value}
