# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verb that takes a recovery point."""

from __future__ import annotations

import datetime
import gzip
import io
import json
import secrets
import sys
import tarfile
import time
import typing as t

from . import database, manifest, points, seal
from .errors import RecoveryError
from .filestore import versions_for
from .store import Store

if t.TYPE_CHECKING:
    from .request import Request


def point(request: Request) -> dict[str, t.Any]:
    """Take a recovery point."""
    started = time.monotonic()
    options, now = request.options, datetime.datetime.now(datetime.timezone.utc)
    identifier = f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    where = f"{points.prefix(request.tenant)}{identifier}/"
    evidence = Store(request.need_evidence(), ca_file=request.ca_file)
    store = Store(request.need_store(), ca_file=request.ca_file)
    # Before anything is asked of the database: without readers of the secrets there is no point.
    sealed = seal.encrypt(json.dumps(dict(request.bundle), sort_keys=True).encode(), options["recipients"])
    captured = database.capture(
        request.need_database(),
        request.need_cluster(),
        ca_file=request.ca_file,
        restore_point=f"{request.tenant[:38]}-{identifier}",
    )
    print(
        f"restore point {captured.restore_point} at {captured.lsn}, {len(captured.rows)} attachments",
        file=sys.stderr,
        flush=True,
    )
    joined = manifest.join(captured.rows, versions_for(captured.rows, store))
    if joined.findings and options.get("strict"):
        raise RecoveryError(
            f"Attachments are not as the database says: {manifest.shown(joined.findings)['counts']}",
            hint="Run filestore_check, or take the point without strict",
        )
    archived, why = database.archived(
        request.need_cluster(),
        ca_file=request.ca_file,
        captured=captured,
        timeout=float(options.get("archive_timeout", 30)),
    )
    document = describe(request, captured, joined, identifier, f"{now:%Y-%m-%dT%H:%M:%SZ}")
    document.update(archived=archived, not_archived_because=why)
    objects = {
        points.ATTACHMENTS: manifest.pack(joined.entries),
        points.SECRETS: sealed,
        "configuration.tar.gz": archive(options.get("configuration", {})),
    }
    written = points.write(evidence, where, document, objects, points.signer(request))
    return {
        "reference": where.rstrip("/"),
        "seconds": round(time.monotonic() - started, 3),
        **{name: written[name] for name in ("time", "exact", "archived", "not_archived_because", "signed_by")},
        **{name: written["database"][name] for name in ("lsn", "timeline", "restore_point")},
        "attachments": written["attachments"]["count"],
        "bytes": written["attachments"]["bytes"],
        "findings": manifest.shown(joined.findings),
    }


def describe(
    request: Request, captured: database.Captured, joined: manifest.Joined, identifier: str, when: str
) -> dict[str, t.Any]:
    """The manifest without its checksums."""
    options, store = request.options, request.need_store()
    about = {name: getattr(captured, name) for name in ("lsn", "segment", "timeline", "restore_point", "time")}
    return {
        "format": manifest.FORMAT,
        "id": identifier,
        "time": when,
        "reason": options["reason"],
        "tenant": request.tenant,
        **{name: options["about"][name] for name in ("region", "environment", "tier")},
        "database": {
            **about,
            **{
                name: getattr(captured, name)
                for name in ("server_version", "system_identifier", "oid", "bytes", "comment")
            },
            "name": request.need_database().name,
            "cluster": options["about"]["cluster"],
        },
        "exact": captured.exact,
        "store": {"endpoint": store.endpoint, "region": store.region, "bucket": store.bucket},
        "release": options["release"],
        "attachments": {
            "count": len(joined.entries),
            "bytes": sum(entry.size for entry in joined.entries),
            "findings": [manifest.plain(finding) for finding in joined.findings],
        },
        "secrets": {"references": options["references"], "recipients": list(options["recipients"])},
    }


def archive(content: t.Mapping[str, str]) -> bytes:
    """Text files as a compressed tar archive; equal files give equal bytes."""
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as packed, tarfile.open(fileobj=packed, mode="w") as tar:
        for name, text in sorted(content.items()):
            data = text.encode()
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(data), 0o644
            tar.addfile(member, io.BytesIO(data))
    return out.getvalue()
