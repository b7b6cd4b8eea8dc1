# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  passwords:
    description: What the database's roles and users authenticate with.
    type: dict
    required: true
    suboptions:
      provisioner:
        description: Password of the role C(provisioner) of the cluster.
        type: str
        required: true
      database:
        description: Password of the tenant's database role.
        type: str
        required: true
      admin:
        description: Password of Odoo's administrator in a new database.
        type: str
        required: true
      health:
        description: Password of the health check's user in a new database.
        type: str
        required: true
      health_key:
        description: API key of the health check's user in a new database.
        type: str
        required: true
      reporting:
        description: Password of the role that reads the tenant's database on a replica.
        type: str
        required: true
"""
