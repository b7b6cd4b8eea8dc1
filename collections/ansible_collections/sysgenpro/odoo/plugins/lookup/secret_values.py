# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: secret_values
short_description: A dictionary with its secrets resolved
version_added: 0.1.0
author: SysGenPro (@sysgenpro)
description:
  - "Returns a dictionary in which every value of the form C({secret: owner/name}) is what the lookup
    P(sysgenpro.odoo.secret#lookup) returns for that name. Its variables say where secrets are."
  - Other values are returned as they are.
options:
  _terms:
    description: Dictionaries.
    required: true
    type: list
    elements: dict
seealso:
  - plugin: sysgenpro.odoo.secret
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Show which inputs a credential has
  ansible.builtin.debug:
    msg: "{{ lookup('sysgenpro.odoo.secret_values', {'username': 'git', 'password': {'secret': 'awx/git'}}).keys() }}"
"""

RETURN = r"""
_raw:
  description: The dictionaries, in the order of the terms.
  type: list
  elements: dict
"""

import typing as t

from ansible.plugins.loader import lookup_loader
from ansible.plugins.lookup import LookupBase


class LookupModule(LookupBase):
    def run(
        self, terms: list[dict[str, t.Any]], variables: dict[str, t.Any] | None = None, **kwargs: t.Any
    ) -> list[dict[str, t.Any]]:
        self.set_options(var_options=variables, direct=kwargs)
        secret = lookup_loader.get("sysgenpro.odoo.secret", loader=self._loader, templar=self._templar)

        def resolved(value: t.Any) -> t.Any:
            if isinstance(value, dict) and set(value) == {"secret"}:
                return secret.run([value["secret"]], variables=variables)[0]
            return value

        return [{name: resolved(value) for name, value in term.items()} for term in terms]
