# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recovery points in the evidence bucket: what is written in which order, and what a reader believes."""

from __future__ import annotations

import dataclasses
import json
import typing as t

from . import manifest, seal
from .errors import RecoveryError

if t.TYPE_CHECKING:
    from .request import Request
    from .store import Store

ATTACHMENTS = "attachments.jsonl.gz"
SECRETS = "secrets.age"
MANIFEST = "manifest.json"
SIGNATURE = "manifest.json.minisig"


@dataclasses.dataclass(frozen=True)
class Signer:
    """The region's signing key: its file, its password (empty without one) and its public half."""

    key_file: str
    password: str = dataclasses.field(repr=False)
    public_key: str


def signer(request: Request) -> Signer:
    return Signer(request.signing_key, request.signing_password, request.public_key)


def prefix(tenant: str) -> str:
    return f"recovery-points/{tenant}/"


def serialised(document: t.Mapping[str, t.Any]) -> bytes:
    """A document as it is signed and stored."""
    return (json.dumps(document, sort_keys=True, indent=1) + "\n").encode()


def write(
    evidence: Store, where: str, document: dict[str, t.Any], objects: t.Mapping[str, bytes], signer: Signer
) -> dict[str, t.Any]:
    """Store a signed document with the objects it vouches for, the signature last: without it nothing is there.

    :param where: prefix that ends in a slash and is new.
    :returns: the document as stored, with checksums and sizes of ``objects``.
    """
    complete = {
        **document,
        "objects": {
            name: {"bytes": len(content), "sha256": seal.sha256(content)} for name, content in sorted(objects.items())
        },
        "signed_by": seal.key_id(signer.public_key),
    }
    content = serialised(complete)
    signature = seal.sign(
        content, key_file=signer.key_file, password=signer.password, comment=f"{where.rstrip('/')} {document['time']}"
    )
    # A key that does not belong to the public one would only be noticed when the point is needed.
    seal.verify(content, signature, public_key=signer.public_key)
    for name, data in sorted(objects.items()):
        evidence.put(where + name, data)
    evidence.put(where + MANIFEST, content, content_type="application/json")
    evidence.put(where + SIGNATURE, signature, content_type="text/plain")
    return complete


def read(evidence: Store, where: str, *, public_key: str) -> dict[str, t.Any]:
    """The manifest of a point whose signature is valid.

    :raises RecoveryError: when there is none, or it is not what the region signed.
    """
    content, signature = evidence.get(where + MANIFEST), evidence.get(where + SIGNATURE)
    if content is None or signature is None:
        lacking = MANIFEST if content is None else SIGNATURE
        raise RecoveryError(
            f"There is no recovery point {where.rstrip('/')}: {lacking} is missing", hint="See playbook recovery_points"
        )
    comment = seal.verify(content, signature, public_key=public_key)
    if not comment.startswith(f"{where.rstrip('/')} "):
        raise RecoveryError(f"The signature at {where.rstrip('/')} was made for {comment.partition(' ')[0]}")
    return manifest.read(content)


def checked(evidence: Store, where: str, document: t.Mapping[str, t.Any], name: str) -> bytes:
    """An object of a point, with the checksum its manifest names.

    :raises RecoveryError: when it is missing or another.
    """
    content = evidence.get(where + name)
    if content is None:
        raise RecoveryError(f"{where}{name} is missing")
    if seal.sha256(content) != document["objects"][name]["sha256"]:
        raise RecoveryError(f"{where}{name} does not have the checksum that the manifest names")
    return content


def entries(evidence: Store, where: str, document: t.Mapping[str, t.Any]) -> list[manifest.Entry]:
    """The attachments a point names."""
    return manifest.unpack(checked(evidence, where, document, ATTACHMENTS))


def listing(evidence: Store, tenant: str, *, public_key: str, limit: int) -> list[dict[str, t.Any]]:
    """A tenant's points, newest first, with what makes one invalid."""
    found = []
    for where in sorted(evidence.keys(prefix(tenant), delimiter="/"), reverse=True)[:limit]:
        line: dict[str, t.Any] = {"reference": where.rstrip("/"), "valid": True}
        try:
            document = read(evidence, where, public_key=public_key)
        except RecoveryError as error:
            line.update(valid=False, problem=error.message)
        else:
            line.update({name: document.get(name) for name in ("time", "reason", "exact", "archived")})
            line.update(lsn=document["database"]["lsn"], attachments=document["attachments"]["count"])
        found.append(line)
    return found
