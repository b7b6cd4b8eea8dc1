# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: image
short_description: The image a component runs
version_added: 0.1.0
author: SysGenPro (@sysgenpro)
description:
  - Returns the image reference of a component, as the role P(sysgenpro.odoo.images#role) recorded it. It is the digest in the
    registry where the image was pushed, else the local tag, which names the content.
options:
  _terms:
    description: Components, for example C(postgresql).
    required: true
    type: list
    elements: str
  path:
    description: The file that role wrote.
    type: path
    vars:
      - name: images_lock_file
  approved_registries:
    description: Registries that images may come from, each with or without a path. Unset means that it is not checked here.
    type: list
    elements: str
    vars:
      - name: images_approved_registries
seealso:
  - plugin: sysgenpro.odoo.image_plan
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Show what Redis runs from
  ansible.builtin.debug:
    msg: "{{ lookup('sysgenpro.odoo.image', 'redis') }}"
"""

RETURN = r"""
_raw:
  description: The references, in the order of the terms.
  type: list
  elements: str
"""

import typing as t
from pathlib import Path

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible_collections.sysgenpro.odoo.plugins.module_utils._images import lock
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import OdooError

#: Variables that set options, as DOCUMENTATION says.
VARIABLES = ("images_lock_file", "images_approved_registries")


class LookupModule(LookupBase):
    def run(self, terms: list[str], variables: dict[str, t.Any] | None = None, **kwargs: t.Any) -> list[str]:
        # Ansible hands over variables as they are written; a path in an inventory is usually an expression.
        declared = {
            name: self._templar.template(value) for name, value in (variables or {}).items() if name in VARIABLES
        }
        self.set_options(var_options=declared, direct=kwargs)
        if not self.get_option("path"):
            raise AnsibleLookupError(
                "Set the variable images_lock_file: the file in which the role images records what it built"
            )
        path = Path(self.get_option("path"))
        try:
            entries = lock.read(path)
            references = [lock.find(entries, term, origin=str(path)).reference for term in terms]
            approved = self.get_option("approved_registries")
            if approved is not None:
                lock.refuse_unapproved(references, approved)
        except OdooError as error:
            raise AnsibleLookupError(str(error)) from None
        return references
