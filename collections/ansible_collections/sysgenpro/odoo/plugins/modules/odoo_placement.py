#!/usr/bin/python
# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: odoo_placement
short_description: Choose where a tenant is to live, and say why
version_added: 0.2.0
author: SysGenPro (@sysgenpro)
description:
  - A candidate is a tier at a place (a host of C(docker_hosts) or C(kubernetes_clusters) with C(placement_capacity)) with one of
    the PostgreSQL clusters a tenant there may use. What it would be is read from the inventory itself, with the groups, files and
    precedence any tenant has.
  - Refused is a candidate that the tenant model, a rule between tenants, a rule of the policy, residency, the tier's sizes and
    objectives, the budget or the counted capacity refuses. Among the others the weighted sum of the criteria decides, and of
    equal ones the first by name.
  - Counted are memory and processors of the place (of its node pools on Kubernetes), connections and disk of the PostgreSQL
    cluster, and disk of the object store. Reservations and the policy's headroom stay free, and the greatest rollout fits.
  - A tenant that exists is never moved. Then RV(chosen) is where it lives, judged as it stands.
  - Runs on the controller alone and opens no connection.
options:
  tenant:
    description: Inventory name of the tenant.
    type: str
    required: true
  environment:
    description: Environment of the tenant.
    type: str
    required: true
    choices: [dev, qa, uat, training, staging, production]
  host:
    description: DNS name that shoppers and staff use.
    type: str
    required: true
  classification:
    description:
      - What is known of the workload. Numbers may be texts and the list a text separated by commas, as surveys answer; what is
        empty has its default.
    type: dict
    suboptions:
      transactions_per_hour:
        description: Business transactions (orders, receipts, transfers) in an ordinary hour.
        type: int
        default: 100
      peak_concurrency:
        description: People who work at a time in the busiest hour.
        type: int
        default: 5
      integrations:
        description: Systems that exchange data with the tenant.
        type: int
        default: 0
      customisation:
        description: Depth of customisation.
        type: str
        choices: [low, medium, high]
        default: low
      compliance:
        description: Words that rules of placement and residency ask for, such as V(gdpr) or V(pci-dss).
        type: list
        elements: str
        default: []
      recovery_point_objective:
        description: Seconds of work that may be lost; nothing is asked for where 0.
        type: int
        default: 0
      recovery_time_objective:
        description: Seconds until the tenant is in use again; nothing is asked for where 0.
        type: int
        default: 0
      budget:
        description: Money of one month, in the currency of the policy's prices; no bound where 0.
        type: int
        default: 0
      database_gb:
        description: Size of the database in a year.
        type: int
        default: 10
      attachments_gb:
        description: Size of the attachments in a year.
        type: int
        default: 10
      peak_factor:
        description: Load of the busiest hour over that of an ordinary one.
        type: int
        default: 2
  region:
    description: Region to place it in; any where unset.
    type: str
  tier:
    description: Tier; any where unset.
    type: str
    choices: [standard, premium, enterprise]
  hosting_model:
    description: Hosting model; any where unset.
    type: str
    choices: [shared, dedicated]
  runtime:
    description: Runtime; any where unset.
    type: str
    choices: [docker, kubernetes]
  place:
    description: Place; any where unset.
    type: str
  policy:
    description:
      - Sections C(rules), C(weights), C(sizing), C(limits), C(headroom), C(prices) and C(rebalance), each with its defaults.
      - The inventory's variable C(placement_policy) where unset.
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
  - module: sysgenpro.odoo.odoo_rebalance
"""

EXAMPLES = r"""
- name: Where would a shop of 30 people live best?
  sysgenpro.odoo.odoo_placement:
    tenant: newco_production
    environment: production
    host: newco.example.com
    region: eu-west
    classification:
      transactions_per_hour: 900
      peak_concurrency: 30
      integrations: 3
      compliance: [gdpr]
      recovery_time_objective: 3600
      budget: 900
  register: placement
"""

RETURN = r"""
existing:
  description: Whether the inventory has the tenant already.
  type: bool
  returned: success
differences:
  description: What of the request an existing tenant's variables do not say, a text each.
  type: list
  elements: str
  returned: success
chosen:
  description: The candidate that was chosen, or the present one of a tenant that exists, as in RV(candidates).
  type: dict
  returned: success
candidates:
  description: Every candidate, the accepted first, the best first.
  type: list
  elements: dict
  returned: always
  contains:
    place:
      description: Runtime host or cluster.
      type: str
    region:
      description: Region of the place.
      type: str
    tier:
      description: Tier.
      type: str
    hosting_model:
      description: V(shared) or V(dedicated).
      type: str
    runtime:
      description: V(docker) or V(kubernetes).
      type: str
    node_pools:
      description: On Kubernetes the node pool of each class of workloads.
      type: dict
    postgresql_cluster:
      description: PostgreSQL cluster.
      type: str
    redis_instance:
      description: Redis service.
      type: str
    accepted:
      description: Whether nothing speaks against it.
      type: bool
    score:
      description: Weighted sum of the criteria over the sum of the weights, from 0 to 1; 0 where refused.
      type: float
    criteria:
      description: Each criterion from 0 to 1.
      type: dict
    cost:
      description: Money of one month.
      type: float
    reasons:
      description: What the score consists of, or everything that refuses the candidate.
      type: list
      elements: str
variables:
  description: What the tenant's file declares.
  type: dict
  returned: success, for a new tenant
text:
  description: The file's text, at most ten lines.
  type: str
  returned: success, for a new tenant
path:
  description: The file's path in the inventory of the region.
  type: str
  returned: success, for a new tenant
"""
