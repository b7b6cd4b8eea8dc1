# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: secret
short_description: Resolve a secret reference
version_added: 0.1.0
author: SysGenPro (@sysgenpro)
description:
  - Returns the value of a secret named C(owner/name).
  - A missing secret is an error that says what to create; only an inventory that sets O(generate) makes its own.
options:
  _terms:
    description: Names of secrets, relative and slash-separated.
    required: true
    type: list
    elements: str
  source:
    description:
      - V(file) reads a file below O(path), V(env) an environment variable of the controller named after the secret
        (upper case, every character that is not a letter or digit replaced by an underscore).
    type: str
    choices: [file, env]
    default: file
    vars:
      - name: odoo_secret_source
  path:
    description: Directory that holds the secrets of source V(file).
    type: path
    vars:
      - name: odoo_secret_path
  generate:
    description: Make a missing secret of source V(file), 32 letters and digits, readable by the owner alone.
    type: bool
    default: false
    vars:
      - name: odoo_secret_generate
"""

EXAMPLES = r"""
- name: Use a tenant's database password
  ansible.builtin.debug:
    msg: "{{ lookup('sysgenpro.odoo.secret', 'acme_production/database') | length }} characters"
"""

RETURN = r"""
_raw:
  description: The values, in the order of the terms.
  type: list
  elements: str
"""

import os
import re
import secrets
import string
import typing as t
from pathlib import Path

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

#: Variables that set options, as DOCUMENTATION says.
VARIABLES = ("odoo_secret_source", "odoo_secret_path", "odoo_secret_generate")
NAME = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)+")
ALPHABET = string.ascii_letters + string.digits
LENGTH = 32


class LookupModule(LookupBase):
    def run(self, terms: list[str], variables: dict[str, t.Any] | None = None, **kwargs: t.Any) -> list[str]:
        # Ansible hands over variables as they are written; a path in an inventory is usually an expression.
        declared = {
            name: self._templar.template(value) for name, value in (variables or {}).items() if name in VARIABLES
        }
        self.set_options(var_options=declared, direct=kwargs)
        return [self._resolve(term) for term in terms]

    def _resolve(self, name: str) -> str:
        if not NAME.fullmatch(name) or ".." in name:
            raise AnsibleLookupError(f"Secret name {name!r} is not of the form owner/name (letters, digits, . _ -)")
        if self.get_option("source") == "env":
            return _from_environment(name)
        if not self.get_option("path"):
            raise AnsibleLookupError(
                f"Secret {name!r} needs the variable odoo_secret_path: the directory that holds the secrets"
            )
        return _from_file(Path(self.get_option("path")) / name, generate=self.get_option("generate"))


def _from_environment(name: str) -> str:
    variable = re.sub(r"[^A-Za-z0-9]", "_", name).upper()
    value = os.environ.get(variable, "")
    if not value:
        raise AnsibleLookupError(
            f"Secret {name!r} is missing: set the environment variable {variable} on the controller"
        )
    return value


def _from_file(path: Path, *, generate: bool) -> str:
    if not path.exists() and generate:
        _generate(path)
    try:
        value = path.read_text(encoding="utf-8").rstrip("\n")
    except FileNotFoundError:
        raise AnsibleLookupError(
            f"Secret file {path} is missing: create it, or set odoo_secret_generate in an inventory for tests"
        ) from None
    except OSError as error:
        raise AnsibleLookupError(f"Secret file {path} cannot be read: {error.strerror}") from None
    if not value:
        raise AnsibleLookupError(f"Secret file {path} is empty")
    return value


def _generate(path: Path) -> None:
    """Write a new secret; of several processes racing, the first to link its file wins and all read that one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
            handle.write("".join(secrets.choice(ALPHABET) for _position in range(LENGTH)))
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink()
