#!/usr/bin/python
# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: odoo_render
short_description: Write the Kubernetes objects of tenants to a directory tree for GitOps
version_added: 0.2.0
author: SysGenPro (@sysgenpro)
description:
  - Writes exactly what M(sysgenpro.odoo.odoo_stack) would apply, one folder a tenant, C(<region>/<environment>/<tenant>), each
    with a C(kustomization.yaml). Argo CD or Flux applies it.
  - Secrets and Jobs are never in it. Pods carry a hash of the secrets' references and versions, so that they roll when one
    changes.
  - Folders of tenants that are not in the play are not touched. Those of tenants nobody declares are reported, because
    removing one removes a tenant.
  - Runs on the controller alone and opens no connection.
options:
  path:
    description: Directory of the tree.
    type: path
    required: true
  hosts:
    description: Inventory hosts of the tenants; those of the play where unset.
    type: list
    elements: str
attributes:
  check_mode:
    description: Can run in check mode and return what would change.
    support: full
  diff_mode:
    description: Returns the difference of each file.
    support: full
"""

EXAMPLES = r"""
- name: Write the tree
  sysgenpro.odoo.odoo_render:
    path: ../gitops
  run_once: true
"""

RETURN = r"""
written:
  description: Files that were written, by their path in the tree.
  type: list
  elements: str
  returned: success
removed:
  description: Files that were removed.
  type: list
  elements: str
  returned: success
files:
  description: Files of the tenants in all.
  type: int
  returned: success
tenants:
  description: Tenants whose folders are up to date now.
  type: list
  elements: str
  returned: success
strays:
  description: Folders of tenants that the inventory does not declare.
  type: list
  elements: str
  returned: success
"""
