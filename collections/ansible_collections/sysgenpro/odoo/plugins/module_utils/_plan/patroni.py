# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a verb does to a Patroni cluster, or why it must not: decisions on a snapshot."""

from __future__ import annotations

import typing as t

from .._model.patroni import SYNCHRONOUS, Condition, Member, Topology, conditions, merge_patch
from .._support.errors import OdooError

#: A standby refuses to be smaller in these than its leader: the manual's chapter "Hot Standby" lists them. Growing
#: begins with the standbys, shrinking with the leader.
HOT_STANDBY = frozenset(
    {
        "max_connections",
        "max_locks_per_transaction",
        "max_prepared_transactions",
        "max_wal_senders",
        "max_worker_processes",
    }
)

#: Conditions of the cluster, or of members that a verb does not concern, under which it is refused.
REFUSED: dict[str, frozenset[str]] = {
    "switch over": frozenset({"no_leader", "dcs_unreachable", "paused"}),
    "restart": frozenset(
        {
            "no_leader",
            "dcs_unreachable",
            "synchronous_standby_lost",
            "member_down",
            "timeline_diverged",
            "replica_not_streaming",
            "paused",
        }
    ),
    "reinitialise": frozenset({"no_leader", "dcs_unreachable"}),
    "configure": frozenset({"dcs_unreachable"}),
    "set maintenance": frozenset({"dcs_unreachable"}),
}


class Step(t.NamedTuple):
    """One call, with why it is needed; ``member`` is empty where it concerns the whole cluster."""

    action: str
    member: str
    cause: str


def plan_configured(topology: Topology, patch: t.Mapping[str, t.Any]) -> tuple[Step, ...]:
    """Merge ``patch`` into the dynamic configuration where that changes anything."""
    merged = merge_patch(topology.configuration, patch)
    if merged == topology.configuration:
        return ()
    _refuse("configure", topology)
    keys = sorted(key for key in patch if merged.get(key) != topology.configuration.get(key))
    return (Step("patch_configuration", "", f"{', '.join(keys)} differ"),)


def plan_maintenance(topology: Topology, *, paused: bool) -> tuple[Step, ...]:
    if topology.paused == paused:
        return ()
    _refuse("set maintenance", topology)
    return (Step("pause" if paused else "resume", "", f"the cluster {'is not' if paused else 'is'} paused"),)


def plan_switchover(
    topology: Topology, *, candidate: str | None, leader: str | None, maximum_lag: int | None
) -> tuple[Step, ...]:
    """One step whose member is the next leader, or none where ``candidate`` leads or ``leader`` no longer does.

    :param candidate: the next leader; the best of those that may where None.
    :param leader: the member that must lose the lead; whoever leads where None.
    :raises OdooError: with every reason why it must not happen now.
    """
    for name in filter(None, (candidate, leader)):
        _known(topology, name)
    current = topology.leader
    if (
        current
        and not current.down
        and current.name != leader
        and (current.name == candidate or (leader and not candidate))
    ):
        return ()
    _refuse("switch over", topology)
    if current is None:
        raise OdooError("No member leads")
    if leader and leader != current.name:
        raise OdooError(f"{current.name} leads, not {leader}", hint=f"Say leader: {current.name}, or leave it out")
    bound = topology.maximum_lag if maximum_lag is None else maximum_lag
    verdicts = {member.name: tuple(_objections(topology, current, member, bound)) for member in topology.replicas}
    fit = [member for member in topology.replicas if not verdicts[member.name]]
    chosen = topology.member(candidate) if candidate else min(fit, key=lambda m: (m.lag or 0, m.name), default=None)
    if chosen is None or verdicts[chosen.name]:
        seen = "; ".join(reason for name in ([candidate] if candidate else verdicts) for reason in verdicts[name])
        could = ", ".join(member.name for member in fit)
        raise OdooError(
            f"Cannot switch over from {current.name}: {seen or 'it has no replica'}",
            hint=f"Accepted as candidate now: {could or 'none; ' + _wanted(topology, bound)}",
        )
    return (Step("switchover", chosen.name, f"{current.name} leads"),)


def _objections(topology: Topology, leader: Member, member: Member, maximum_lag: int) -> t.Iterator[str]:
    """Why ``member`` must not lead next."""
    if not member.streams:
        state = f"{member.state or 'unknown'}, not streaming" if member.answers else "not answering"
        yield f"{member.name} is {state}"
        return
    if member.timeline != leader.timeline:
        yield f"{member.name} is on timeline {member.timeline}, {leader.name} on {leader.timeline}"
    if member.lag is None or member.lag > maximum_lag:
        lag = "an unknown number of" if member.lag is None else member.lag
        yield f"{member.name} is {lag} bytes behind, {maximum_lag} are accepted"
    if topology.synchronous and member.role not in SYNCHRONOUS:
        yield f"{member.name} is no synchronous standby"
    if member.nofailover:
        yield f"{member.name} has the tag nofailover"


def _wanted(topology: Topology, maximum_lag: int) -> str:
    standby = "a synchronous standby" if topology.synchronous else "a replica"
    return f"needed is {standby} that streams on the leader's timeline, at most {maximum_lag} bytes behind"


def plan_restart(topology: Topology, *, member: str | None, switch_over: bool) -> tuple[Step, ...]:
    """Restart ``member``, or whoever waits for a restart: replicas one by one, the leader last, off the lead first.

    Where a parameter that standbys follow shrinks, the leader goes first and keeps the lead.
    """
    wanted = [_known(topology, member)] if member else [m for m in topology.members if m.pending_restart]
    if not wanted:
        return ()
    broken = {m.name for m in wanted if member and not m.leads and not m.streams}
    _refuse("restart", topology, concerns=broken)
    leader = topology.leader
    cause = "asked for" if member else "changed parameters wait for it"
    replicas = [Step("restart", m.name, cause) for m in wanted if not m.leads]
    if leader is None or leader not in wanted:
        return tuple(replicas)
    last = Step("restart", leader.name, cause)
    shrinking = _shrinking(leader)
    if shrinking:
        return (Step("restart", leader.name, f"{', '.join(shrinking)} shrink, on the leader first"), *replicas)
    if switch_over and topology.replicas:
        return (*replicas, Step("switchover", "", f"{leader.name} leads and restarts next"), last)
    return (*replicas, last)


def _shrinking(leader: Member) -> list[str]:
    """Parameters in which standbys follow the leader and that wait to become smaller.

    :raises OdooError: others of them wait to grow: then no order is right.
    """
    change = {}
    for name in HOT_STANDBY & set(leader.pending_reason):
        values = leader.pending_reason[name]
        change[name] = int(values.get("new_value") or 0) - int(values.get("old_value") or 0)
    smaller, larger = (sorted(n for n, by in change.items() if by * sign > 0) for sign in (-1, 1))
    if smaller and larger:
        raise OdooError(
            f"{', '.join(smaller)} shrink while {', '.join(larger)} grow: the leader must restart first for the one and "
            "last for the other",
            hint="Change them one after the other, with a restart in between",
        )
    return smaller


def plan_reinitialise(topology: Topology, *, member: str, confirm: str | None) -> tuple[Step, ...]:
    """Throw the member's data away and copy the leader's.

    :raises OdooError: it leads, its name was not typed again, or no other replica would hold the data meanwhile.
    """
    target = _known(topology, member)
    if confirm != member:
        raise OdooError(
            f"Reinitialising {member} deletes its data, and confirm is {confirm or 'not set'}",
            hint=f"confirm: {member}",
        )
    if target.leads:
        raise OdooError(
            f"{member} leads; only a replica is reinitialised",
            hint=f"Accepted: {', '.join(replica.name for replica in topology.replicas) or 'none'}; or switch over first",
        )
    _refuse("reinitialise", topology)
    if target.streams and not any(other.streams for other in topology.replicas if other is not target):
        raise OdooError(
            f"{member} is the only replica that streams; without it only the leader has the data",
            hint="Accepted where it does not stream, or another replica does",
        )
    return (Step("reinitialise", member, f"asked for; it is {target.state or 'in no known state'}"),)


def _known(topology: Topology, name: str) -> Member:
    member = topology.member(name)
    if member is None:
        raise OdooError(f"{topology.scope} has no member {name}", hint=f"Accepted: {topology.names()}")
    return member


def _refuse(verb: str, topology: Topology, concerns: t.Collection[str] = ()) -> None:
    """Raise where a condition forbids the verb; what is wrong with a member that it concerns does not."""
    wrong = [
        found
        for found in conditions(topology)
        if found.name in REFUSED[verb]
        and (not found.member or found.member not in concerns)
        and not _follows(found, concerns)
    ]
    if wrong:
        raise OdooError(
            f"Cannot {verb} {topology.scope} now: {'; '.join(f'{found.name}: {found.text}' for found in wrong)}",
            hint=f"Accepted without {', '.join(sorted(REFUSED[verb]))}",
        )


def _follows(found: Condition, concerns: t.Collection[str]) -> bool:
    """A cluster whose one standby is stuck has lost its synchronous standby, which restarting it may bring back."""
    return found.name == "synchronous_standby_lost" and bool(concerns)
