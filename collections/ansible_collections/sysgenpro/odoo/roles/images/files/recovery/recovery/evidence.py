# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verbs that read recovery points and store reports."""

from __future__ import annotations

import datetime
import secrets
import typing as t

from . import manifest, points
from .errors import RecoveryError
from .store import Store

if t.TYPE_CHECKING:
    from .request import Request


def verify(request: Request) -> dict[str, t.Any]:
    """Verify a recovery point: signature, checksums, format; its manifest."""
    evidence, where = Store(request.need_evidence(), ca_file=request.ca_file), f"{request.options['manifest']}/"
    document = points.read(evidence, where, public_key=request.public_key)
    for name in document["objects"]:
        points.checked(evidence, where, document, name)
    count = len(points.entries(evidence, where, document))
    if count != document["attachments"]["count"]:
        raise RecoveryError(f"The manifest counts {document['attachments']['count']} attachments, the list has {count}")
    shown = dict(document, attachments=dict(document["attachments"]))
    shown["attachments"]["findings"] = shown["attachments"]["findings"][: manifest.SHOWN]
    return {"reference": request.options["manifest"], "valid": True, "manifest": shown}


def listing(request: Request) -> dict[str, t.Any]:
    """The tenant's recovery points, newest first."""
    evidence = Store(request.need_evidence(), ca_file=request.ca_file)
    limit = int(request.options.get("limit", 20))
    return {"points": points.listing(evidence, request.tenant, public_key=request.public_key, limit=limit)}


def report(request: Request) -> dict[str, t.Any]:
    """Sign a report and store it with its page."""
    options, now = request.options, datetime.datetime.now(datetime.timezone.utc)
    where = f"drills/{request.tenant}/{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}/"
    evidence = Store(request.need_evidence(), ca_file=request.ca_file)
    document = {
        "format": manifest.FORMAT,
        "tenant": request.tenant,
        "time": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "report": options["report"],
    }
    pages = {"report.html": options["page"].encode()} if options.get("page") else {}
    written = points.write(evidence, where, document, pages, points.signer(request))
    return {"reference": where.rstrip("/"), "signed_by": written["signed_by"]}
