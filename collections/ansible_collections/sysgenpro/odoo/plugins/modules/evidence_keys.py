#!/usr/bin/python
# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: evidence_keys
short_description: Keep the keys that sign and seal a region's evidence
version_added: 0.1.0
author: SysGenPro (@sysgenpro)
description:
  - Makes what is missing below O(path) on the controller, and touches nothing that is there.
  - C(minisign.key) (mode 0600, without a password) signs, C(minisign.pub) verifies. Another pair may be put in their place,
    with a password or without.
  - C(age.key) (mode 0600) decrypts what was encrypted to C(age.pub).
requirements:
  - py-minisign
  - pyrage, with O(identity=true)
options:
  path:
    description: Directory of the keys.
    type: path
    required: true
  identity:
    description: Whether to make an age identity too. Elsewhere than in tests the recipients' identities belong elsewhere.
    type: bool
    default: false
attributes:
  check_mode:
    description: Says whether something would be made.
    support: full
  diff_mode:
    description: Names of the files before and after; of keys nothing is shown.
    support: full
"""

EXAMPLES = r"""
- name: Keys of the evidence
  sysgenpro.odoo.evidence_keys:
    path: "{{ certificates_path }}/evidence"
  delegate_to: localhost
"""

RETURN = r"""
public_key:
  description: The minisign public key; null in check mode where there is none yet.
  type: str
  returned: success
key_id:
  description: Its number, as minisign prints it.
  type: str
  returned: success
recipient:
  description: The public age key, null where there is none.
  type: str
  returned: success
"""

import base64
import os
import typing as t
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters import files
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import OdooError
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.results import run

try:
    import minisign
    import pyrage

    HAS_LIBRARIES = True
except ImportError:
    HAS_LIBRARIES = False

#: Private file and public file of each kind of key.
PAIRS = {"minisign": ("minisign.key", "minisign.pub"), "age": ("age.key", "age.pub")}


def make_minisign() -> tuple[str, str]:
    """A new pair as the texts of its two files."""
    pair = minisign.KeyPair.generate()
    number = key_id(pair.public_key.to_base64().decode())
    pair.secret_key.untrusted_comment = f"minisign secret key {number}"
    pair.public_key.untrusted_comment = f"minisign public key {number}"
    return f"{bytes(pair.secret_key).decode()}\n", f"{bytes(pair.public_key).decode()}\n"


def make_age() -> tuple[str, str]:
    """A new identity and its recipient as the texts of their files."""
    identity = pyrage.x25519.Identity.generate()
    return f"{identity}\n", f"{identity.to_public()}\n"


MAKERS: dict[str, t.Callable[[], tuple[str, str]]] = {"minisign": make_minisign, "age": make_age}


def key_id(public_key: str) -> str:
    """Number of a minisign public key, as minisign prints it."""
    return f"{int.from_bytes(base64.b64decode(public_key)[2:10], 'little'):016X}"


def missing(directory: Path, kinds: t.Sequence[str]) -> list[str]:
    """Kinds of which there is no pair.

    :raises OdooError: when there is half of one.
    """
    lacking = []
    for kind in kinds:
        there = [name for name in PAIRS[kind] if (directory / name).exists()]
        if len(there) == 1:
            raise OdooError(
                f"{directory / there[0]} is there without its other half",
                hint=f"Put {' and '.join(PAIRS[kind])} there, or move {there[0]} away to have new ones made",
            )
        if not there:
            lacking.append(kind)
    return lacking


def converge(module: AnsibleModule) -> dict[str, t.Any]:
    if not HAS_LIBRARIES:
        raise OdooError("The Python libraries py-minisign and pyrage are missing", hint="Install requirements.txt")
    directory = Path(module.params["path"])
    kinds = ["minisign", *(["age"] if module.params["identity"] else [])]
    before = sorted(path.name for path in directory.glob("*.*"))
    lacking = missing(directory, kinds)
    if lacking and not module.check_mode:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for kind in lacking:
            for name, text, mode in zip(PAIRS[kind], MAKERS[kind](), (0o600, 0o644)):
                files.write(str(directory / name), text, owner=os.geteuid(), group=os.getegid(), mode=mode)
    public = files.read(str(directory / PAIRS["minisign"][1]))
    recipient = files.read(str(directory / PAIRS["age"][1]))
    public_key = public.splitlines()[-1].strip() if public else None
    after = sorted({*before, *(name for kind in lacking for name in PAIRS[kind])})
    return {
        "changed": bool(lacking),
        "public_key": public_key,
        "key_id": key_id(public_key) if public_key else None,
        "recipient": recipient.strip() if recipient else None,
        "diff": {"before": {"files": before}, "after": {"files": after}},
    }


def main() -> None:
    spec = {"path": {"type": "path", "required": True}, "identity": {"type": "bool", "default": False}}
    module = AnsibleModule(argument_spec=spec, supports_check_mode=True)
    run(module, f"keep the keys in {module.params['path']}", lambda: converge(module))


if __name__ == "__main__":
    main()
