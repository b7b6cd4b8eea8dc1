# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The world that placement judges, and the candidates for a tenant, read from the inventory on the controller."""

from __future__ import annotations

import os
import typing as t

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.inventory.host import Host
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model import fleet, placement_policy, places, residency
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.fields import BY_NAME
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.tenant import Tenant, declared, parse
from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan.placement import Candidate, World
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import InvalidTenant
from ansible_collections.sysgenpro.odoo.plugins.plugin_utils.flows import Reader as Flows
from ansible_collections.sysgenpro.odoo.plugins.plugin_utils.tenants import Reader as Tenants

if t.TYPE_CHECKING:
    from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.placement import Place, Policy, Unit

#: Groups whose hosts are places, and the runtime of each.
RUNTIMES = {"docker_hosts": "docker", "kubernetes_clusters": "kubernetes"}
TIERS = BY_NAME["odoo_tier"].choices


def refused(problems: t.Sequence[str]) -> t.NoReturn:
    """:raises AnsibleActionFail: with every problem."""
    raise AnsibleActionFail("\n".join(["The inventory is refused:", *sorted(problems)]))


def policy_of(given: t.Any, task_vars: t.Mapping[str, t.Any]) -> Policy:
    """The policy a task names, or the inventory's C(placement_policy); the defaults where there is neither."""
    policy = given if given is not None else task_vars.get("placement_policy") or {}
    problems = placement_policy.problems(policy)
    if problems:
        refused(problems)
    return placement_policy.parse(policy)


class Inventory:
    """Tenants, places and what the inventory would make of a tenant that does not exist yet."""

    def __init__(self, action: t.Any, task_vars: dict[str, t.Any], *, group: str) -> None:
        self.group = group
        self._task_vars = task_vars
        self._hostvars = task_vars["hostvars"]
        self._groups = task_vars["groups"]
        self._templar = action._templar
        self.tenants = self._tenants(Tenants(action, task_vars))
        self.places = self._places()

    def _tenants(self, reader: Tenants) -> dict[str, Tenant]:
        found, problems = {}, []
        for host in sorted(self._groups.get(self.group, [])):
            try:
                found[host] = reader.tenant(host)[0]
            except InvalidTenant as error:
                problems += error.problems
            except AnsibleError as error:
                problems.append(f"{host}: {error.message}")
        problems += fleet.problems(list(found.values()))
        if problems:
            refused(problems)
        return found

    def _places(self) -> dict[str, Place]:
        found, problems = {}, []
        for group, runtime in RUNTIMES.items():
            for host in sorted(self._groups.get(group, [])):
                capacity = self._hostvars[host].get("placement_capacity")
                if capacity is None:
                    continue
                wrong = places.problems(capacity, runtime)
                problems += [f"{host}: {text}" for text in wrong]
                if not wrong:
                    region = str(self._hostvars[host].get("odoo_region") or "")
                    found[host] = places.parse(host, region, runtime, capacity)
        if problems:
            refused(problems)
        return found

    def world(self, candidates: t.Iterable[Candidate] = ()) -> World:
        """Everything that is counted, with what candidates know of regions that have no tenant yet."""
        would_be = [candidate.tenant for candidate in candidates if candidate.tenant]
        units: dict[str, Unit] = {unit.name: unit for place in self.places.values() for unit in place.units}
        for tenant in [*would_be, *self.tenants.values()]:
            for unit in places.services(tenant):
                if unit.dedicated or unit.name not in units:
                    units[unit.name] = unit
        policy = self._task_vars.get("residency_policy") or {}
        wrong = residency.policy_problems(policy)
        if wrong:
            refused(wrong)
        tenants = tuple(self.tenants.values())
        flows = Flows(self._task_vars, group=self.group).flows([*tenants, *would_be])
        return World(self.places, units, tenants, residency.Residency(flows, policy))

    def candidates(self, name: str, values: t.Mapping[str, t.Any], wanted: t.Mapping[str, t.Any]) -> list[Candidate]:
        """Every way to host a tenant.

        :param values: its variables that no candidate changes.
        :param wanted: C(region), C(tier), C(hosting_model), C(runtime), C(place); each may be empty, which leaves it open.
        """
        found: list[Candidate] = []
        for place in self.places.values():
            fixed = {
                "place": place.name,
                **{key: getattr(place, key) for key in ("region", "hosting_model", "runtime")},
            }
            if any(wanted.get(key) and wanted[key] != value for key, value in fixed.items()):
                continue
            for tier in TIERS:
                if wanted.get("tier") in (None, "", tier):
                    found += self._at(name, place, tier, {**values, **{f"odoo_{key}": of for key, of in fixed.items()}})
        return found

    def _at(self, name: str, place: Place, tier: str, values: dict[str, t.Any]) -> list[Candidate]:
        """One candidate for each PostgreSQL cluster that a tenant of this place may use."""
        first = self._candidate(name, place, tier, values)
        if first.tenant is None or place.hosting_model == "dedicated":
            return [first]
        own = self._dedicated_clusters(place.region)
        others = set(first.tenant.postgresql_clusters) - own - {first.postgresql_cluster}
        return [
            first,
            *(self._candidate(name, place, tier, {**values, "odoo_postgresql_cluster": key}) for key in sorted(others)),
        ]

    def _dedicated_clusters(self, region: str) -> set[str]:
        """Clusters of a region that are some tenant's own, or kept for the tenant of a dedicated place."""
        found = {
            tenant.postgresql_cluster
            for tenant in self.tenants.values()
            if tenant.region == region and tenant.hosting_model == "dedicated"
        }
        for place in self.places.values():
            if place.region == region and place.hosting_model == "dedicated":
                found.add(str(self._hostvars[place.name].get("odoo_postgresql_cluster") or ""))
        return found

    def _candidate(self, name: str, place: Place, tier: str, values: dict[str, t.Any]) -> Candidate:
        declares = {**values, "odoo_tier": tier}
        cluster = str(values.get("odoo_postgresql_cluster", ""))
        try:
            tenant = parse(self._variables(name, place, declares), host=name)
        except InvalidTenant as error:
            return Candidate(place.name, tier, cluster, None, tuple(error.problems), declares)
        except AnsibleError as error:
            return Candidate(place.name, tier, cluster, None, (error.message,), declares)
        problems = fleet.problems([*self.tenants.values(), tenant])
        return Candidate(place.name, tier, tenant.postgresql_cluster, tenant, tuple(problems), declares)

    def _variables(self, name: str, place: Place, values: dict[str, t.Any]) -> dict[str, t.Any]:
        """What the inventory gives a host with these variables: the same groups, files and precedence as for any other."""
        host = Host(name)
        for group in (self.group, *_groups(values)):
            if group in self._hostvars._inventory.groups:
                host.add_group(self._hostvars._inventory.groups[group])
        given = self._hostvars._variable_manager.get_vars(host=host, include_hostvars=False)
        directory = self._hostvars[place.name].get("inventory_dir")
        raw = {**given, "inventory_dir": directory, "odoo_tenant": name, **values}
        templar = self._templar.copy_with_new_env(available_variables=raw)
        return {key: templar.template(value) for key, value in declared(raw).items()}

    def file(self, region: str, tenant: str) -> str:
        """Path of a tenant's file in the inventory of its region."""
        place = next(place.name for place in self.places.values() if place.region == region)
        return os.path.join(str(self._hostvars[place].get("inventory_dir")), "host_vars", f"{tenant}.yml")


def _groups(values: t.Mapping[str, t.Any]) -> list[str]:
    """Groups that the inventory plugin C(tenants) gives a tenant with these variables."""
    named = {"region": "region", "environment": "env", "tier": "tier", "runtime": "runtime", "place": "place"}
    return [f"{prefix}_{values[f'odoo_{key}']}".replace("-", "_") for key, prefix in named.items()]
