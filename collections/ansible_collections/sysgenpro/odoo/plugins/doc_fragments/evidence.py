# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  image:
    description: Image of the component C(recovery), see P(sysgenpro.odoo.image#lookup).
    type: str
    required: true
  evidence:
    description: Where the region keeps its evidence.
    type: dict
    required: true
    suboptions:
      endpoint:
        description: Address of the object storage, C(https://host:port). Its certificate is of the region's CA.
        type: str
        required: true
      bucket:
        description: Name of the bucket.
        type: str
        required: true
      region:
        description: Region of the object storage, as its requests are signed with it.
        type: str
        default: us-east-1
      access_key:
        description: Access key of the bucket's identity.
        type: str
        required: true
      secret_key:
        description: Secret key of the bucket's identity.
        type: str
        required: true
  public_key:
    description: The region's minisign public key, the second line of its file. What it did not sign is not believed.
    type: str
    required: true
"""
