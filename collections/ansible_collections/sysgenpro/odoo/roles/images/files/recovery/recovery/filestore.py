# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verbs that compare a bucket with a database, and bring it to what a recovery point names."""

from __future__ import annotations

import hashlib
import time
import typing as t

from . import check as rules
from . import database, manifest, points
from .errors import RecoveryError
from .store import Store, in_parallel

if t.TYPE_CHECKING:
    from .request import Request

#: Objects that a listing does not show are asked for one by one, up to this many.
ASKED_AGAIN = 2000


def check(request: Request) -> dict[str, t.Any]:
    """Compare a database's attachments with a bucket, in both directions."""
    started = time.monotonic()
    options, store = request.options, Store(request.need_store(), ca_file=request.ca_file)
    entries: list[manifest.Entry] = []
    same_bucket = False
    if options.get("manifest"):
        evidence, where = Store(request.need_evidence(), ca_file=request.ca_file), f"{options['manifest']}/"
        document = points.read(evidence, where, public_key=request.public_key)
        entries = points.entries(evidence, where, document)
        same_bucket = (document["store"]["endpoint"], document["store"]["bucket"]) == (
            store.bucket.endpoint,
            store.name,
        )
    with database.connect(request.need_database(), ca_file=request.ca_file) as connection:
        rows = database.rows(connection)
        versions = versions_for(rows, store)
        found = rules.compare(rows, versions) + rules.against(entries, rows, versions, same_bucket=same_bucket)
        chosen: list[manifest.Row] = []
        if options["mode"] == "deep":
            chosen = rules.sample(rows, above=options["sample_above"], seed=options["seed"])
            found += read_all(store, chosen, {finding.id for finding in found})
        found = still_true(found, rows, connection)
    old, young = rules.orphans(rows, versions, now=time.time(), grace=float(options["grace_hours"]) * 3600)
    found += old
    return {
        "ok": rules.verdict(found),
        "mode": options["mode"],
        "attachments": len(rows),
        "objects": sum(not version.deleted for version in manifest.newest(versions).values()),
        "bytes": sum(row.size for row in rows),
        "named_by_manifest": len(entries),
        "gone_since_manifest": len({(entry.id, entry.key) for entry in entries} - {(row.id, row.key) for row in rows}),
        "read": len(chosen),
        "seed": options["seed"] if options["mode"] == "deep" else None,
        "young": young,
        "findings": manifest.shown(found),
        "seconds": round(time.monotonic() - started, 3),
    }


def prove(request: Request) -> dict[str, t.Any]:
    """Whether every attachment of a database restored to a recovery point can be brought back from the named versions."""
    started = time.monotonic()
    options, store = request.options, Store(request.need_store(), ca_file=request.ca_file)
    evidence, where = Store(request.need_evidence(), ca_file=request.ca_file), f"{options['manifest']}/"
    document = points.read(evidence, where, public_key=request.public_key)
    entries = points.entries(evidence, where, document)
    with database.connect(request.need_database(), ca_file=request.ca_file) as connection:
        rows = database.rows(connection)
    found = rules.recoverable(entries, rows, store.versions(), exact=document["exact"])
    broken = {finding.id for finding in found}
    by_id = {entry.id: entry for entry in entries if entry.id not in broken}
    chosen = rules.sample([row for row in rows if row.id in by_id], above=options["sample_above"], seed=options["seed"])
    if options["mode"] == "deep":
        found += read_versions(store, [by_id[row.id] for row in chosen])
    return {
        "ok": rules.verdict(found),
        "mode": options["mode"],
        "attachments": len(rows),
        "named_by_manifest": len(entries),
        "bytes": sum(row.size for row in rows),
        "read": len(chosen) if options["mode"] == "deep" else 0,
        "seed": options["seed"] if options["mode"] == "deep" else None,
        "findings": manifest.shown(found),
        "seconds": round(time.monotonic() - started, 3),
    }


def read_versions(store: Store, entries: t.Sequence[manifest.Entry]) -> list[manifest.Finding]:
    """Read and hash the versions that entries name."""

    def read(entry: manifest.Entry) -> manifest.Finding | None:
        digest = store.feed(entry.key, entry.version_id, sha1)
        told = "no such version" if digest is None else f"SHA-1 {digest.hexdigest()}, the database says {entry.sha1}"
        if digest is not None and digest.hexdigest() == entry.sha1:
            return None
        return manifest.Finding("missing" if digest is None else "content", entry.key, entry.id, told)

    return [finding for finding in in_parallel(read, entries) if finding is not None]


def files(request: Request) -> dict[str, t.Any]:
    """Bring a bucket to what a manifest says, or a restored database. Nothing is removed, and nothing copied that is there."""
    started = time.monotonic()
    target = Store(request.need_store(), ca_file=request.ca_file)
    source = Store(request.source, ca_file=request.ca_file) if request.source else target
    prefix = str(request.options.get("source_prefix") or "")
    known, lacking = (by_database if request.database else by_manifest)(request, source, target, prefix)
    return {
        "attachments": known,
        "copied": len(lacking),
        "bytes": sum(entry.size for entry in lacking),
        "seconds": round(time.monotonic() - started, 3),
    }


def by_database(request: Request, source: Store, target: Store, prefix: str) -> tuple[int, list[manifest.Entry]]:
    """Of each attachment of a restored database the version with its SHA-1; how many it has, and what was copied."""
    with database.connect(request.need_database(), ca_file=request.ca_file) as connection:
        rows = [row for row in database.rows(connection) if row.key]
    lacking = rules.to_bring(rows, versions_for(rows, target))
    copy_chosen(source, target, lacking, prefix)
    return len(rows), lacking


def by_manifest(request: Request, source: Store, target: Store, prefix: str) -> tuple[int, list[manifest.Entry]]:
    """Of each attachment the version that the manifest names; how many it names, and what was copied."""
    evidence, where = Store(request.need_evidence(), ca_file=request.ca_file), f"{request.options['manifest']}/"
    document = points.read(evidence, where, public_key=request.public_key)
    entries = points.entries(evidence, where, document)
    versions = target.versions()
    lacking, doubtful = rules.to_copy(entries, versions)
    read = in_parallel(lambda entry: target.feed(entry.key, "", sha1), doubtful)
    lacking += [entry for entry, digest in zip(doubtful, read) if digest is None or digest.hexdigest() != entry.sha1]
    named = (document["store"]["endpoint"], document["store"]["bucket"]) == (source.bucket.endpoint, source.name)
    if source is target or (named and not prefix):
        there = {(version.key, version.version_id) for version in (versions if source is target else source.versions())}
        nothing_lost(source, [entry for entry in lacking if (entry.key, entry.version_id) not in there])
        in_parallel(lambda entry: target.copy_from(source, entry.key, entry.version_id, entry.size), lacking)
    else:
        copy_chosen(source, target, lacking, prefix)
    return len(entries), lacking


def copy_chosen(source: Store, target: Store, entries: t.Sequence[manifest.Entry], prefix: str) -> None:
    """Copy where nobody names the version: of each key the one with the entry's SHA-1.

    Nothing is copied unless everything can be: a bucket that is brought half of the way says nothing of the other half.

    :param prefix: what comes before a tenant's key there.
    :raises RecoveryError: naming keys of which no version is what the manifest says.
    """
    by_key: dict[str, list[manifest.Version]] = {}
    for version in source.versions(prefix):
        by_key.setdefault(version.key, []).append(version)

    def choose(entry: manifest.Entry) -> manifest.Version | None:
        for version in rules.candidates(entry, by_key.get(prefix + entry.key, [])):
            digest = source.feed(version.key, version.version_id, sha1)
            if digest is not None and digest.hexdigest() == entry.sha1:
                return version
        return None

    chosen = [(entry, version) for entry, version in zip(entries, in_parallel(choose, entries)) if version]
    found = {entry.key for entry, _version in chosen}
    nothing_lost(source, [entry for entry in entries if entry.key not in found])

    def bring(pair: tuple[manifest.Entry, manifest.Version]) -> None:
        entry, version = pair
        target.copy_from(source, entry.key, version.version_id, entry.size, origin_key=version.key)

    in_parallel(bring, chosen)


def nothing_lost(source: Store, entries: t.Sequence[manifest.Entry]) -> None:
    """Before anything is copied.

    :param entries: those of which ``source`` has no version that is what the manifest says.
    :raises RecoveryError: naming the first of them, where there are any.
    """
    missing = sorted({entry.key for entry in entries})
    if missing:
        raise RecoveryError(
            f"Bucket {source.name} has no right version of {len(missing)} attachments: {', '.join(missing[:5])}",
            hint="Take another source, or a recovery point that it holds",
        )


def versions_for(rows: t.Sequence[manifest.Row], store: Store) -> list[manifest.Version]:
    """All versions of a bucket. What a listing in pages skipped is asked for by name, so that nothing is missed."""
    listed = store.versions()
    known = {version.key for version in listed}
    absent = sorted({row.key for row in rows if row.key} - known)
    if absent and len(absent) <= ASKED_AGAIN:
        listed += [version for found in in_parallel(store.versions_of, absent) for version in found]
    return listed


def still_true(
    found: t.Sequence[manifest.Finding], rows: t.Iterable[manifest.Row], connection: t.Any
) -> list[manifest.Finding]:
    """Findings whose attachment is still as it was: what Odoo deleted meanwhile may lose its object."""
    suspected = {finding.id for finding in found}
    still = (
        {row.id for row in database.still(connection, [row for row in rows if row.id in suspected])} if found else set()
    )
    return [finding for finding in found if finding.id in still]


def read_all(store: Store, rows: t.Sequence[manifest.Row], known: t.Collection[int]) -> list[manifest.Finding]:
    """Read and hash the objects of ``rows``, but those of which something is known already."""

    def read(row: manifest.Row) -> manifest.Finding | None:
        digest = store.feed(row.key, "", sha1)
        if digest is None:
            return manifest.Finding("missing", row.key, row.id, "no such object")
        if digest.hexdigest() != row.sha1:
            return manifest.Finding(
                "content", row.key, row.id, f"SHA-1 {digest.hexdigest()}, the database says {row.sha1}"
            )
        return None

    results = in_parallel(read, [row for row in rows if row.id not in known])
    return [finding for finding in results if finding is not None]


def sha1() -> t.Any:
    """Odoo's checksum of an attachment; it protects against decay, the signature against people."""
    return hashlib.sha1(usedforsecurity=False)
