# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  secrets:
    description: What the tenant's containers authenticate with. Written to files that only they read.
    type: dict
    required: true
    suboptions:
      database:
        description: Password of the tenant's database role.
        type: str
        required: true
      redis:
        description: Password of the tenant's Redis user.
        type: str
        required: true
      s3_access_key:
        description: Access key of the tenant's object storage identity.
        type: str
        required: true
      s3_secret_key:
        description: Secret key of the tenant's object storage identity.
        type: str
        required: true
      master:
        description: Odoo's master password.
        type: str
        required: true
      certificate:
        description: Certificate chain of the tenant's host names, PEM. Without it Traefik's own certificates serve.
        type: str
        default: ""
      private_key:
        description: Private key of O(secrets.certificate), PEM.
        type: str
        default: ""
"""
