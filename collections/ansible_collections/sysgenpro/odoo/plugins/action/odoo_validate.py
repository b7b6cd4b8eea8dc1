# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import typing as t

from ansible.errors import AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import lookup_loader
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model import fleet, place_references
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.tenant import Tenant, parse
from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan.fleet import Member, assignments, converge_order
from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan.schedule import expired
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render.kubernetes import render as kubernetes_render
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import InvalidTenant
from ansible_collections.sysgenpro.odoo.plugins.plugin_utils import flows
from ansible_collections.sysgenpro.odoo.plugins.plugin_utils.inventory import Inventory, without

#: What each tenant authenticates with; the secret's name is <tenant>/<purpose>.
PURPOSES = (
    "database",
    "redis",
    "s3_access_key",
    "s3_secret_key",
    "master",
    "admin",
    "health",
    "health_key",
    "reporting",
)
#: What holds between tenants of all regions: functions of pure data, each returning one text a problem.
RULES: tuple[t.Callable[[t.Sequence[Tenant]], list[str]], ...] = (fleet.problems,)
_SECRET_OPTIONS = ("odoo_secret_source", "odoo_secret_path", "odoo_secret_generate")


class ActionModule(ActionBase):
    """Check every tenant of the inventory in the controller's process: no connection, no module."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _VALID_ARGS = frozenset({"group", "image_pending"})

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        super().run(tmp, task_vars)
        task_vars = task_vars or {}
        inventory = Inventory(task_vars)
        group = self._task.args.get("group", "tenants")
        hosts = inventory.members(group)
        pending = boolean(self._task.args.get("image_pending", False))
        members, problems = self._read(inventory, hosts, pending=pending)
        tenants = [member.tenant for member in members]
        problems += inventory.claimed_twice(hosts)
        problems += place_references.problems(tenants, self._places(inventory))
        problems += [problem for rule in RULES for problem in rule(tenants)]
        problems += flows.leaks(tenants, task_vars, group=group)
        in_clear_text, secrets = inventory.secrets(inventory.members("all"))
        problems = sorted({without(secrets, problem) for problem in problems} | set(in_clear_text))
        if problems:
            return _refused([inventory.located(problem) for problem in problems])
        now = datetime.datetime.now(datetime.timezone.utc)
        gone = {member.host for member in members if expired(member.tenant, now)}
        chosen = set(task_vars.get("ansible_play_hosts_all", ())) - gone
        limited = [member for member in members if member.host in chosen]
        canaries, others = converge_order(limited)
        return {
            "changed": False,
            "tenants": [tenant.tenant for tenant in tenants],
            "expired": sorted(gone),
            "problems": [],
            "representatives": {host: asked.public() for host, asked in assignments(limited).items()},
            "canaries": canaries,
            "others": others,
            "names": {member.host: member.tenant.tenant for member in limited},
            "stores": _stores(inventory),
        }

    def _read(self, inventory: Inventory, hosts: list[str], *, pending: bool) -> tuple[list[Member], list[str]]:
        members: list[Member] = []
        problems: list[str] = []
        options: dict[str, dict[str, t.Any]] = {}
        for host in hosts:
            variables, unresolved = inventory.declared(host, pending={"odoo_image"} if pending else ())
            if pending and "odoo_image" not in variables:
                variables["odoo_image"] = _pending_image(variables)
            problems += unresolved
            if unresolved and not variables:
                continue
            try:
                tenant = _parsed(variables, host, known=not unresolved)
            except InvalidTenant as error:
                problems += error.problems
                continue
            if tenant is not None:
                members.append(Member(host, tenant))
                options[host] = {name: variables[name] for name in _SECRET_OPTIONS if name in variables}
        return members, problems + self._missing_secrets(members, options)

    def _missing_secrets(self, members: list[Member], options: dict[str, dict[str, t.Any]]) -> list[str]:
        lookup = lookup_loader.get("sysgenpro.odoo.secret", loader=self._loader, templar=self._templar)
        problems = []
        for host, tenant in members:
            try:
                lookup.run([f"{tenant.tenant}/{purpose}" for purpose in PURPOSES], variables=options[host])
            except AnsibleError as error:
                problems.append(f"{host}: odoo_secret_path={options[host].get('odoo_secret_path')!r}: {error.message}")
        return problems

    @staticmethod
    def _places(inventory: Inventory) -> dict[str, dict[str, str]]:
        """Regions of the places of each runtime whose group the inventory has."""
        return {
            runtime: {host: _region(inventory, host) for host in inventory.members(group)}
            for runtime, group in place_references.GROUPS.items()
            if inventory.has_group(group)
        }


def _pending_image(variables: dict[str, t.Any]) -> str:
    """Stands for an image that is yet to be made: one that every rule about images accepts."""
    approved = variables.get("odoo_approved_registries")
    prefix = approved[0] if isinstance(approved, list) and approved else "sysgenpro/"
    return f"{prefix}odoo@sha256:{'0' * 64}"


def _stores(inventory: Inventory) -> dict[str, str]:
    """The host of each region's own object store: where several regions are loaded, their groups are one."""
    found: dict[str, str] = {}
    for host in inventory.members("object_storage"):
        found.setdefault(_region(inventory, host), host)
    return found


def _region(inventory: Inventory, host: str) -> str:
    try:
        return str(inventory.value(host, "odoo_region", ""))
    except AnsibleError:
        return ""


def _parsed(variables: dict[str, t.Any], host: str, *, known: bool) -> Tenant | None:
    """The tenant; None where variables that cannot be resolved are its only problems.

    :param known: whether all its variables could be resolved. Else what is missing is no problem of its own.
    """
    variables.setdefault("odoo_tenant", host)
    try:
        tenant = parse(variables, host=host)
    except InvalidTenant as error:
        problems = [problem for problem in error.problems if known or " is required" not in problem]
        if not problems:
            return None
        raise InvalidTenant(problems) from None
    if tenant.runtime == "kubernetes" and tenant.kubernetes_patches:
        refused = kubernetes_render.problems(tenant)
        if refused:
            raise InvalidTenant(refused)
    return tenant


def _refused(problems: list[dict[str, str]]) -> dict[str, t.Any]:
    count = f"{len(problems)} problem" + ("s" if len(problems) > 1 else "")
    lines = [f"{entry['problem']}{' (' + entry['file'] + ')' if entry['file'] else ''}" for entry in problems]
    return {
        "failed": True,
        "changed": False,
        "problems": [entry["problem"] for entry in problems],
        "details": problems,
        "msg": "\n".join([f"The inventory is refused, {count}:", *lines]),
    }
