# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: postgresql_parameters
short_description: PostgreSQL parameters for a size of memory
version_added: 0.1.0
author: SysGenPro (@sysgenpro)
description:
  - Computes the parameters that follow from a server's memory and connections, for many small Odoo databases on one cluster.
  - P(sysgenpro.odoo.postgresql_parameters_explained#filter) says why.
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
- name: Show the parameters of a server with 8 GiB
  ansible.builtin.debug:
    msg: "{{ 8192 | sysgenpro.odoo.postgresql_parameters(400, {'jit': 'on'}) }}"
"""

RETURN = r"""
_value:
  description: Parameters by name, memory with its unit.
  type: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.postgresql_parameters import explained
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import OdooError


def parameters(memory_mb: int, max_connections: int, overrides: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
    """Parameters for `memory_mb` MiB; raises AnsibleFilterError where the size cannot work."""
    try:
        return {name: found.value for name, found in explained(memory_mb, max_connections, overrides).items()}
    except OdooError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"postgresql_parameters": parameters}
