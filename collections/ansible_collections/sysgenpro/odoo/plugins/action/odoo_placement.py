# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model import classification
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.fields import BY_NAME
from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan.placement import Candidate, Usage, decide, judge
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render import tenant_file
from ansible_collections.sysgenpro.odoo.plugins.plugin_utils.placing import Inventory, policy_of

if t.TYPE_CHECKING:
    from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.placement import Policy
    from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.tenant import Tenant

REQUIRED = ("tenant", "environment", "host")
#: What the caller may leave open.
CHOICES = ("region", "tier", "hosting_model", "runtime", "place")


class ActionModule(ActionBase):
    """Place a tenant in the controller's process: no connection, no module."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _VALID_ARGS = frozenset({"classification", "policy", "group", *REQUIRED, *CHOICES})

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        super().run(tmp, task_vars)
        task_vars = task_vars or {}
        asked = _asked(self._task.args)
        inventory = Inventory(self, task_vars, group=str(self._task.args.get("group") or "tenants"))
        policy = policy_of(self._task.args.get("policy"), task_vars)
        name = asked["tenant"]
        if name in inventory.tenants:
            return _kept(inventory, inventory.tenants[name], policy, asked)
        if name in task_vars["hostvars"]:
            raise AnsibleActionFail(f"tenant={name!r}: must not be the name of another host of the inventory")
        return _placed(inventory, policy, asked)


def _asked(args: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The task's arguments; what is left open is None.

    :raises AnsibleActionFail: with every argument that is not acceptable.
    """
    asked = {key: args.get(key) or None for key in (*REQUIRED, *CHOICES)}
    problems = [_wrong(key, value) for key, value in asked.items()]
    given = args.get("classification") or {}
    if isinstance(given, dict):
        asked["classification"] = given = classification.from_text(given)
        accepted = classification.rule(given)
    else:
        accepted = "a dictionary"
    if accepted:
        problems.append(f"classification={given!r}: must be {accepted}")
    if any(problems):
        raise AnsibleActionFail("\n".join(["The request is refused:", *filter(None, problems)]))
    return asked


def _wrong(key: str, value: t.Any) -> str | None:
    """By the tenant model's own field; a region and a place are compared with what there is later."""
    field = BY_NAME[f"odoo_{key}"]
    accepted = None
    if value is None:
        return f"{key} is required: {field.description}" if key in REQUIRED else None
    if not isinstance(value, str):
        accepted = "text"
    elif field.choices and value not in field.choices:
        accepted = f"one of {', '.join(field.choices)}"
    elif field.rule:
        accepted = field.rule(value)
    return f"{key}={value!r}: must be {accepted}" if accepted else None


def _kept(inventory: Inventory, tenant: Tenant, policy: Policy, asked: dict[str, t.Any]) -> dict[str, t.Any]:
    """A tenant that exists stays where it is, whatever would be chosen for it today."""
    differences = [
        f"odoo_{key} is {getattr(tenant, key)!r}, not {value!r}"
        for key, value in asked.items()
        if value and value != getattr(tenant, key)
    ]
    if tenant.place not in inventory.places:
        chosen = {"place": tenant.place, "reasons": [f"{tenant.place} has no placement_capacity"]}
    else:
        current = Candidate(tenant.place, tenant.tier, tenant.postgresql_cluster, tenant)
        chosen = judge(current, Usage(inventory.world(), policy), current=tenant.place).public()
    return {"changed": False, "existing": True, "differences": differences, "chosen": chosen, "candidates": [chosen]}


def _placed(inventory: Inventory, policy: Policy, asked: dict[str, t.Any]) -> dict[str, t.Any]:
    values = {f"odoo_{key}": asked[key] for key in ("environment", "host", "classification")}
    candidates = inventory.candidates(asked["tenant"], values, {key: asked[key] for key in CHOICES})
    if not candidates:
        raise AnsibleActionFail(_nowhere(inventory, asked))
    verdicts = decide(candidates, Usage(inventory.world(candidates), policy))
    public = [verdict.public() for verdict in verdicts]
    best = verdicts[0]
    if not best.accepted:
        refusals = [f"{verdict.candidate.name}: {'; '.join(verdict.reasons)}" for verdict in verdicts]
        message = "\n".join([f"No candidate is accepted for {asked['tenant']}:", *refusals])
        return {"failed": True, "changed": False, "candidates": public, "msg": message}
    declares = dict(best.candidate.declares)
    path = inventory.file(declares["odoo_region"], asked["tenant"])
    if os.path.exists(path):
        raise AnsibleActionFail(
            f"{path} exists and declares no tenant of group {inventory.group}: move it away, or mend it"
        )
    return {
        "changed": False,
        "existing": False,
        "differences": [],
        "chosen": public[0],
        "candidates": public,
        "variables": declares,
        "text": tenant_file.text(declares),
        "path": path,
    }


def _nowhere(inventory: Inventory, asked: t.Mapping[str, t.Any]) -> str:
    wanted = ", ".join(f"{key}={asked[key]!r}" for key in CHOICES if asked[key]) or "placement_capacity"
    there = [
        f"{name} ({place.region}, {place.runtime}, {place.hosting_model})" for name, place in inventory.places.items()
    ]
    return f"No place has {wanted}. There are: {', '.join(there) or 'none; give runtime hosts placement_capacity'}"
