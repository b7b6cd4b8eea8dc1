# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who asks what on behalf of whom, and in which order tenants are converged. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

if t.TYPE_CHECKING:
    from .._model.tenant import Tenant

#: A place as tenants name it: runtime and inventory name.
Place = tuple[str, str]


class Member(t.NamedTuple):
    """A tenant and the inventory host that declares it."""

    host: str
    tenant: Tenant


@dataclasses.dataclass
class Assignment:
    """What one inventory host asks, in the name of tenants that are named by their inventory hosts.

    ``stacks`` live at the asking host's place; ``clusters`` and ``redis`` map services to the tenants they serve;
    ``buckets`` maps the address of an object store to them.
    """

    runtime: str
    place: str
    stacks: list[str] = dataclasses.field(default_factory=list)
    clusters: dict[str, list[str]] = dataclasses.field(default_factory=dict)
    redis: dict[str, list[str]] = dataclasses.field(default_factory=dict)
    buckets: dict[str, list[str]] = dataclasses.field(default_factory=dict)

    def public(self) -> dict[str, t.Any]:
        return dict(vars(self))


def assignments(members: t.Sequence[Member]) -> dict[str, Assignment]:
    """One asking host a place, the first by name.

    A place asks PostgreSQL and Redis about its own tenants: to read what declares a tenant takes longer than the question, and so
    each is read once. An object store answers for all buckets at once: the place that has the fewest to ask of asks for all.
    """
    members = sorted(members, key=lambda member: member.host)
    asking: dict[Place, str] = {}
    found: dict[str, Assignment] = {}
    for host, tenant in members:
        place = tenant.runtime, tenant.place
        if place not in asking:
            asking[place] = host
            found[host] = Assignment(*place)
        mine = found[asking[place]]
        mine.stacks.append(host)
        mine.clusters.setdefault(f"{tenant.region}/{tenant.postgresql_cluster}", []).append(host)
        mine.redis.setdefault(f"{tenant.region}/{tenant.redis_instance}", []).append(host)
    for (_region, endpoint), served in _stores(members).items():
        near = {asking[tenant.runtime, tenant.place] for _host, tenant in served}
        chosen = min(sorted(near), key=lambda host: len(found[host].buckets))
        found[chosen].buckets[endpoint] = _own_first(served, found[chosen])
    return found


def _own_first(served: t.Sequence[Member], assignment: Assignment) -> list[str]:
    """The first tenant says how the service is reached, so it must live where the question is asked from."""
    hosts = {host for host, _tenant in served}
    own = [host for host in assignment.stacks if host in hosts]
    return own + sorted(hosts.difference(own))


def _stores(members: t.Iterable[Member]) -> dict[tuple[str, str], list[Member]]:
    """Tenants by region and object store."""
    served: dict[tuple[str, str], list[Member]] = {}
    for member in members:
        tenant = member.tenant
        served.setdefault((tenant.region, str(tenant.object_store["endpoint"])), []).append(member)
    return served


def converge_order(members: t.Sequence[Member]) -> tuple[list[str], list[str]]:
    """Inventory hosts in the order in which they are converged: the canaries, then the others, region by region."""
    ordered = sorted(members, key=lambda member: (member.tenant.region, member.host))
    canaries = [member.host for member in ordered if member.tenant.canary]
    return canaries, [member.host for member in ordered if not member.tenant.canary]
