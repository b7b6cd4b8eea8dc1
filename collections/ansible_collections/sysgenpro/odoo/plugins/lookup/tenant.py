# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: tenant
short_description: The variables that declare a tenant
version_added: 0.1.0
author: SysGenPro (@sysgenpro)
description:
  - Returns the C(odoo_*) variables of the current inventory host, checked against the tenant model, with the names
    that follow from others filled in.
  - Every error names the host, the variable, its value and what would be accepted.
options: {}
"""

EXAMPLES = r"""
- name: Show what declares this tenant
  ansible.builtin.debug:
    var: lookup('sysgenpro.odoo.tenant')
"""

RETURN = r"""
_raw:
  description: One dictionary of variables.
  type: list
  elements: dict
"""

import typing as t

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.tenant import completed, declared
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import InvalidTenant


class LookupModule(LookupBase):
    def run(
        self, terms: list[str], variables: dict[str, t.Any] | None = None, **kwargs: t.Any
    ) -> list[dict[str, t.Any]]:
        if terms or kwargs:
            raise AnsibleLookupError(
                "The lookup sysgenpro.odoo.tenant takes no arguments: it speaks of the current host"
            )
        variables = variables or {}
        host = str(variables.get("inventory_hostname"))
        values = {name: self._templar.template(value) for name, value in declared(variables).items()}
        try:
            return [completed(values, host=host)]
        except InvalidTenant as error:
            raise AnsibleLookupError("\n".join(error.problems)) from None
