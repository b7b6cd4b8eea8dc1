#!/usr/bin/python
# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: odoo_explain
short_description: Say where each value of a tenant comes from
version_added: 0.2.0
author: SysGenPro (@sysgenpro)
description:
  - Names for each value of the task's tenant the layer that sets it, with file and line, and the layers it wins over; for what
    nothing sets, the rule of the model.
  - Runs in the controller's process. Values that are encrypted in their files are not shown.
options:
  match:
    description: A variable, or a pattern of the shell.
    type: str
    default: '*'
attributes:
  check_mode:
    description: Changes nothing in any mode.
    support: full
  diff_mode:
    description: Nothing changes.
    support: none
"""

EXAMPLES = r"""
- name: Say why there are so many workers
  sysgenpro.odoo.odoo_explain:
    match: odoo_web_*
  register: explained
"""

RETURN = r"""
origins:
  description: One entry a value.
  type: list
  elements: dict
  returned: success
  contains:
    name:
      description: The variable, or what the model computes.
      type: str
    value:
      description: Its value.
      type: raw
    where:
      description: The layer that sets it.
      type: str
    rule:
      description: What the model did; empty where the value is as it was set.
      type: str
    over:
      description: Layers that set it too and lost, the strongest first.
      type: list
      elements: str
texts:
  description: The same as text.
  type: list
  elements: str
  returned: success
"""
