# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: awx_definition
short_description: What AWX is to hold, read from a directory and checked
version_added: 0.1.0
author: SysGenPro (@sysgenpro)
description:
  - Reads every C(*.yml) below a directory, checks all of it against the JSON schema of the role P(sysgenpro.odoo.awx#role),
    and checks what its parts say of each other. Names must exist, answers of schedules and nodes must be what the survey accepts,
    nodes must have no circle, and a secret must not stand there in clear text.
  - All problems are told at once, each with file, item, option, value and what is accepted.
  - Returns lists in the form of the modules of the collection C(awx.awx). Secrets stay names.
options:
  _terms:
    description: The directory.
    required: true
    type: list
    elements: path
requirements:
  - jsonschema
seealso:
  - plugin: sysgenpro.odoo.secret
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Show the job templates
  ansible.builtin.debug:
    msg: "{{ lookup('sysgenpro.odoo.awx_definition', 'awx').job_templates | map(attribute='name') }}"
"""

RETURN = r"""
_raw:
  description: One dictionary of lists, beside C(organization).
  type: list
  elements: dict
"""

import json
import typing as t
from pathlib import Path

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import OdooError
from ansible_collections.sysgenpro.odoo.plugins.plugin_utils import awx_references
from ansible_collections.sysgenpro.odoo.plugins.plugin_utils.awx_definition import InvalidDefinition, read
from ansible_collections.sysgenpro.odoo.plugins.plugin_utils.awx_modules import for_modules

SCHEMA = Path(__file__).parents[2] / "roles/awx/files/schema.json"


class LookupModule(LookupBase):
    def run(
        self, terms: list[str], variables: dict[str, t.Any] | None = None, **kwargs: t.Any
    ) -> list[dict[str, t.Any]]:
        self.set_options(var_options=variables, direct=kwargs)
        schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
        try:
            return [self._read(Path(term), schema) for term in terms]
        except OdooError as error:
            raise AnsibleLookupError(str(error)) from None

    def _read(self, directory: Path, schema: dict[str, t.Any]) -> dict[str, t.Any]:
        definition = read(directory, schema)
        problems = awx_references.problems(definition)
        if problems:
            raise InvalidDefinition(problems)
        return for_modules(definition.document)
