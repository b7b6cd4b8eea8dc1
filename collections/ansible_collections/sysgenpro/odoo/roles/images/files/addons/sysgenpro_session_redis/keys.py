# Copyright (c) 2026, SysGenPro
# GNU Lesser General Public License v3.0+ (see LICENSES/LGPL-3.0-or-later.txt or https://www.gnu.org/licenses/lgpl-3.0.txt)
# SPDX-License-Identifier: LGPL-3.0-or-later
"""Names of keys, and the commands the store is allowed to use. Imports nothing of Odoo's."""

from __future__ import annotations

import hashlib

# Every command the store sends. The Redis user needs these, on `~<prefix>*`, and no others.
COMMANDS = (
    "get",
    "set",
    "del",
    "exists",
    "expire",
    "sadd",
    "srem",
    "smembers",
    "watch",
    "unwatch",
    "multi",
    "exec",
)

# odoo.http.STORED_SESSION_BYTES: this much of a session id stays the same when it is rotated softly.
IDENTIFIER_LENGTH = 42


def digest(text: str) -> str:
    """Return the SHA-256 of text in hexadecimal: Redis, its dumps and its logs never hold a usable session id."""
    return hashlib.sha256(text.encode()).hexdigest()


def session_key(prefix: str, sid: str) -> str:
    """Return the key of the session with this id."""
    return member_key(prefix, digest(sid))


def member_key(prefix: str, member: str) -> str:
    """Return the key of the session an index set names by its digest."""
    return f"{prefix}s:{member}"


def index_key(prefix: str, identifier: str) -> str:
    """Return the key of the set of the sessions that share an identifier.

    identifier: the first 42 characters of a session id; a whole id is cut.
    """
    return f"{prefix}i:{digest(identifier[:IDENTIFIER_LENGTH])}"
