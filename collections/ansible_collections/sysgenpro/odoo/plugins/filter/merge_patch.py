# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: merge_patch
short_description: Apply a JSON merge patch
version_added: 0.1.0
author: SysGenPro (@sysgenpro)
description:
  - Merges one dictionary into another as RFC 7396 says, where a null removes a key. Patroni's C(PATCH /config) does the
    same, so comparing the result with the original tells whether a patch would change anything.
positional: patch
options:
  _input:
    description: The original.
    type: dict
    required: true
  patch:
    description: What to merge into it.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what remains
  ansible.builtin.debug:
    msg: "{{ {'a': 1, 'b': 2} | sysgenpro.odoo.merge_patch({'b': none}) }}" # {'a': 1}
"""

RETURN = r"""
_value:
  description: A new dictionary.
  type: dict
"""

import typing as t

from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.patroni import merge_patch


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"merge_patch": merge_patch}
