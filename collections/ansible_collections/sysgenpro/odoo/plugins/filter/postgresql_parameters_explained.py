# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: postgresql_parameters_explained
short_description: PostgreSQL parameters for a size of memory, with their reasons
version_added: 0.1.0
author: SysGenPro (@sysgenpro)
description:
  - What P(sysgenpro.odoo.postgresql_parameters#filter) computes, each value with the reason for it.
positional: max_connections
options:
  _input:
    description: Memory of the server's container in MiB, at least 256.
    type: int
    required: true
  max_connections:
    description: Connections the server accepts, at least 20.
    type: int
    required: true
  overrides:
    description: Parameters that take precedence.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Say why a server with 8 GiB has its values
  ansible.builtin.debug:
    msg: "{{ 8192 | sysgenpro.odoo.postgresql_parameters_explained(400) }}"
"""

RETURN = r"""
_value:
  description: One entry for each parameter, in the order of their names.
  type: list
  elements: dict
  contains:
    name:
      description: Name of the parameter.
      type: str
    value:
      description: Its value; null where it is removed.
      type: raw
    why:
      description: The reason, one or two sentences.
      type: str
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.postgresql_parameters import explained
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import OdooError


def parameters_explained(
    memory_mb: int, max_connections: int, overrides: dict[str, t.Any] | None = None
) -> list[dict[str, t.Any]]:
    """Parameters for `memory_mb` MiB with their reasons; raises AnsibleFilterError where the size cannot work."""
    try:
        found = explained(memory_mb, max_connections, overrides)
    except OdooError as error:
        raise AnsibleFilterError(str(error)) from error
    return [{"name": name, **parameter._asdict()} for name, parameter in sorted(found.items())]


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"postgresql_parameters_explained": parameters_explained}
