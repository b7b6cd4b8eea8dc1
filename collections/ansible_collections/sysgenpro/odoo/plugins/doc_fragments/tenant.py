# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  tenant:
    description:
      - The tenant, as its flat inventory variables C(odoo_*).
      - Every variable is checked before anything changes; the role C(odoo) lists them all.
    type: dict
    required: true
"""
