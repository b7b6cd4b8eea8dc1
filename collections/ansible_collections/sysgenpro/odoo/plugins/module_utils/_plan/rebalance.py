# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which tenants would live better elsewhere. Proposes; nothing follows from it by itself. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from .placement import Candidate, Usage, Verdict, decide, judge

if t.TYPE_CHECKING:
    from .._model.placement import Policy
    from .._model.tenant import Tenant
    from .placement import World


@dataclasses.dataclass(frozen=True)
class Move:
    """A tenant that would live better at another place, and why."""

    tenant: str
    source: str
    target: str
    gain: float
    reasons: tuple[str, ...]

    def public(self) -> dict[str, t.Any]:
        return {
            "tenant": self.tenant,
            "from": self.source,
            "to": self.target,
            "gain": self.gain,
            "reasons": list(self.reasons),
        }


@dataclasses.dataclass(frozen=True)
class Proposal:
    """Moves in the order in which they are to be made, and what no move mends: by tenant, the reasons."""

    moves: tuple[Move, ...]
    misfits: t.Mapping[str, tuple[str, ...]]


def propose(world: World, policy: Policy) -> Proposal:
    """Find the moves that gain the most, one at a time, each judged as if the ones before it were made.

    A tenant moves between places of its region, runtime and hosting model, and at most once. A move mends a place that the
    policy refuses, or gains at least C(rebalance.gain).
    """
    usage = Usage(world, policy)
    tenants = {tenant.tenant: tenant for tenant in world.tenants if tenant.place in world.places}
    moves: list[Move] = []
    while len(moves) < int(policy.rebalance["moves"]):
        moved = {move.tenant for move in moves}
        found = [_best(tenant, usage) for name, tenant in tenants.items() if name not in moved]
        better = [move for move in found if move]
        if not better:
            break
        move = max(better, key=lambda move: (move.gain, move.tenant))
        moves.append(move)
        tenants[move.tenant] = dataclasses.replace(tenants[move.tenant], place=move.target)
        usage.put(tenants[move.tenant])
    verdicts = {name: _here(tenant, usage) for name, tenant in sorted(tenants.items())}
    uncounted = {
        tenant.tenant: (f"odoo_place={tenant.place!r} has no placement_capacity",)
        for tenant in world.tenants
        if tenant.place not in world.places
    }
    misfits = {name: verdict.reasons for name, verdict in verdicts.items() if not verdict.accepted}
    return Proposal(tuple(moves), {**uncounted, **misfits})


def _here(tenant: Tenant, usage: Usage) -> Verdict:
    return judge(_candidate(tenant), usage, current=tenant.place)


def _candidate(tenant: Tenant) -> Candidate:
    return Candidate(tenant.place, tenant.tier, tenant.postgresql_cluster, tenant)


def _best(tenant: Tenant, usage: Usage) -> Move | None:
    here = usage.world.places[tenant.place]
    others = [
        _candidate(dataclasses.replace(tenant, place=place.name))
        for place in usage.world.places.values()
        if place.name != tenant.place
        and (place.region, place.runtime, place.hosting_model) == (here.region, here.runtime, here.hosting_model)
    ]
    if not others:
        return None
    best, now = decide(others, usage, current=tenant.place)[0], _here(tenant, usage)
    if not best.accepted:
        return None
    gain = round(best.score - now.score, 4)
    if now.accepted and gain < max(usage.policy.rebalance["gain"], 0.0001):
        return None
    reasons = best.reasons if now.accepted else now.reasons
    return Move(tenant.tenant, tenant.place, best.candidate.place, gain, reasons)
