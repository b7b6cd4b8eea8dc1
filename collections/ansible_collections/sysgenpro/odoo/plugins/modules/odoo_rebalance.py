#!/usr/bin/python
# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: odoo_rebalance
short_description: Propose moves of tenants between places
version_added: 0.2.0
author: SysGenPro (@sysgenpro)
description:
  - Judges every tenant where it lives and at the other places of its region, runtime and hosting model, by the same rules as
    M(sysgenpro.odoo.odoo_placement). Moves nobody and writes nothing.
  - A move is proposed where the present place is refused, or where another one gains at least C(rebalance.gain) of the policy.
    Each is judged as if the ones before it were made, and there are at most C(rebalance.moves).
  - Runs on the controller alone and opens no connection.
options:
  policy:
    description: As in M(sysgenpro.odoo.odoo_placement).
    type: dict
  group:
    description: Inventory group that holds the tenants.
    type: str
    default: tenants
attributes:
  check_mode:
    description: Can run in check mode and return what would change.
    support: full
  diff_mode:
    description: Nothing changes, so there is no difference to show.
    support: none
seealso:
  - module: sysgenpro.odoo.odoo_placement
"""

EXAMPLES = r"""
- name: Who would live better elsewhere?
  sysgenpro.odoo.odoo_rebalance:
  register: rebalance
"""

RETURN = r"""
moves:
  description: Proposed moves, in the order in which to make them.
  type: list
  elements: dict
  returned: success
  contains:
    tenant:
      description: Inventory name of the tenant.
      type: str
    from:
      description: Where it lives.
      type: str
    to:
      description: Where it would live better.
      type: str
    gain:
      description: Difference of the scores.
      type: float
    reasons:
      description: What refuses the present place, or what the new score consists of.
      type: list
      elements: str
misfits:
  description: By tenant, what is wrong with where it lives once all moves are made; a tier or a hosting model may be too small.
  type: dict
  returned: success
"""
