# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: scram_verifier
short_description: SCRAM-SHA-256 verifier of a password, as PostgreSQL stores it
version_added: 0.1.0
author: SysGenPro (@sysgenpro)
description:
  - The server receives the verifier and never the password, and the same password and name give the same verifier, so
    that a comparison with C(pg_authid.rolpassword) tells whether anything changed.
positional: name
options:
  _input:
    description: The password, ASCII (others would need the normalisation of RFC 4013).
    type: str
    required: true
  name:
    description: What the password belongs to, unique in the region; the salt is derived from it.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Use a verifier in a statement
  ansible.builtin.set_fact:
    statement: "ALTER ROLE app PASSWORD '{{ password | sysgenpro.odoo.scram_verifier('local/shared/app') }}'"
"""

RETURN = r"""
_value:
  description: C(SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>).
  type: str
"""

import base64
import hashlib
import hmac
import typing as t

from ansible.errors import AnsibleFilterError

# PostgreSQL's own default (scram_iterations).
ITERATIONS = 4096


def scram_verifier(password: str, name: str) -> str:
    """Verifier of RFC 5803 as PostgreSQL stores it; raises AnsibleFilterError for a password that is not ASCII."""
    if not password or not password.isascii():
        raise AnsibleFilterError(f"The password of {name} must be ASCII and not empty")
    salt = hashlib.sha256(f"sysgenpro scram salt:{name}".encode()).digest()[:16]
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ITERATIONS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    return f"SCRAM-SHA-256${ITERATIONS}:{_text(salt)}${_text(stored)}:{_text(server)}"


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"scram_verifier": scram_verifier}
