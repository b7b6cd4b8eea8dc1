# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: backup_repositories
short_description: Give backup repositories their keys
version_added: 0.1.0
author: SysGenPro (@sysgenpro)
description:
  - Makes of the variable C(postgresql_backup_repositories) what M(sysgenpro.odoo.postgresql_restore) takes.
positional: access_keys, secret_keys
options:
  _input:
    description: C(host), C(bucket) and, where they differ from the defaults, C(port) and C(region) of each repository.
    type: list
    elements: dict
    required: true
  access_keys:
    description: Access keys, in the same order.
    type: list
    elements: str
    required: true
  secret_keys:
    description: Secret keys, in the same order.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Use it
  ansible.builtin.set_fact:
    repositories: "{{ postgresql_backup_repositories | sysgenpro.odoo.backup_repositories(access_keys, secret_keys) }}"
"""

RETURN = r"""
_value:
  description: The repositories with C(access_key) and C(secret_key).
  type: list
  elements: dict
"""

import typing as t

KEPT = ("host", "port", "bucket", "region")


def backup_repositories(
    repositories: t.Sequence[t.Mapping[str, t.Any]], access_keys: t.Sequence[str], secret_keys: t.Sequence[str]
) -> list[dict[str, t.Any]]:
    return [
        {**{name: repository[name] for name in KEPT if name in repository}, "access_key": access, "secret_key": secret}
        for repository, access, secret in zip(repositories, access_keys, secret_keys, strict=True)
    ]


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"backup_repositories": backup_repositories}
