# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Patroni cluster as it was seen at one moment, and the names of what is wrong with it."""

from __future__ import annotations

import dataclasses
import typing as t

LEADERS = frozenset({"leader", "standby_leader"})
SYNCHRONOUS = frozenset({"sync_standby", "quorum_standby"})
#: States in which a member's server serves, or will by itself: a leader, a replica, a replica that catches up.
RUNNING = frozenset({"running", "streaming", "in archive recovery"})
#: Patroni's own default of maximum_lag_on_failover, in bytes.
MAXIMUM_LAG = 1048576

#: Every condition, the gravest first. Alerts and refusals use these names.
CONDITIONS = (
    "no_leader",
    "dcs_unreachable",
    "synchronous_standby_lost",
    "member_down",
    "timeline_diverged",
    "replica_not_streaming",
    "replica_lagging",
    "paused",
    "healthy",
)


class Condition(t.NamedTuple):
    """One thing that is not as it should be; ``member`` is empty where it concerns the whole cluster."""

    name: str
    member: str
    text: str


@dataclasses.dataclass(frozen=True)
class Member:
    """One member; ``lag`` is in bytes, None where nobody knows it."""

    name: str
    role: str
    state: str
    url: str
    address: str = ""
    timeline: int | None = None
    lag: int | None = None
    pending_restart: bool = False
    #: Parameters that wait, each with ``old_value`` and ``new_value``.
    pending_reason: t.Mapping[str, t.Mapping[str, t.Any]] = dataclasses.field(default_factory=dict)
    nofailover: bool = False
    #: Whether its REST interface answered, and what only it could say.
    answers: bool = True
    version: int | None = None
    started: str = ""
    #: When it last heard of etcd, in whole seconds since 1970 by its own clock.
    dcs_last_seen: int = 0

    @property
    def leads(self) -> bool:
        return self.role in LEADERS

    @property
    def streams(self) -> bool:
        return self.answers and not self.leads and self.state == "streaming"

    @property
    def down(self) -> bool:
        return not self.answers or self.state not in RUNNING

    def public(self) -> dict[str, t.Any]:
        hidden = ("dcs_last_seen", "nofailover", "pending_reason")
        shown = {key: value for key, value in dataclasses.asdict(self).items() if key not in hidden}
        return {**shown, "pending_parameters": sorted(self.pending_reason)}


@dataclasses.dataclass(frozen=True)
class Topology:
    """The cluster at one moment."""

    scope: str
    members: tuple[Member, ...]
    configuration: t.Mapping[str, t.Any]
    paused: bool = False
    #: Addresses that were asked and that belong to no member the cluster knows: it has given them up, or not met them yet.
    silent: tuple[str, ...] = ()
    #: False where no member could read etcd, or the leader goes on without it (failsafe mode).
    dcs: bool = True

    @property
    def leader(self) -> Member | None:
        return next((member for member in self.members if member.leads), None)

    @property
    def replicas(self) -> tuple[Member, ...]:
        return tuple(member for member in self.members if not member.leads)

    @property
    def synchronous(self) -> bool:
        """Whether a synchronous standby is due; a cluster of one has nobody who could be it."""
        return bool(self.configuration.get("synchronous_mode")) and len(self.members) + len(self.silent) > 1

    @property
    def maximum_lag(self) -> int:
        return int(self.configuration.get("maximum_lag_on_failover", MAXIMUM_LAG))

    def member(self, name: str) -> Member | None:
        return next((member for member in self.members if member.name == name), None)

    def names(self) -> str:
        return ", ".join(member.name for member in self.members) or "none"

    def public(self) -> dict[str, t.Any]:
        """What the module returns: plain data without secrets."""
        return {
            "scope": self.scope,
            "leader": self.leader.name if self.leader else None,
            "members": [member.public() for member in self.members],
            "silent": list(self.silent),
            "paused": self.paused,
            "synchronous": self.synchronous,
            "synchronous_standbys": [member.name for member in self.members if member.role in SYNCHRONOUS],
            "pending_restart": [member.name for member in self.members if member.pending_restart],
        }


def conditions(topology: Topology, maximum_lag: int | None = None) -> tuple[Condition, ...]:
    """Everything that is not as it should be, the gravest first; empty for a healthy cluster.

    :param maximum_lag: bytes a replica may be behind; the cluster's own ``maximum_lag_on_failover`` where None.
    """
    bound = topology.maximum_lag if maximum_lag is None else maximum_lag
    found = [*_of_cluster(topology)]
    found += [Condition("member_down", url, f"the cluster knows no member at {url}") for url in topology.silent]
    for member in topology.members:
        found += _of_member(topology, member, bound)
    return tuple(sorted(found, key=lambda condition: CONDITIONS.index(condition.name)))


def condition(found: t.Sequence[Condition]) -> str:
    """The gravest of ``found``, one word for an alert."""
    return found[0].name if found else "healthy"


def _of_cluster(topology: Topology) -> t.Iterator[Condition]:
    leader = topology.leader
    if leader is None:
        yield Condition("no_leader", "", "no member leads")
    elif leader.down:
        yield Condition("no_leader", leader.name, f"{leader.name} holds the lead and {_state(leader)}")
    if not topology.dcs:
        yield Condition("dcs_unreachable", "", "the members go on without etcd: nobody can take over")
    elif topology.synchronous and not any(m.role in SYNCHRONOUS and m.streams for m in topology.members):
        yield Condition(
            "synchronous_standby_lost", "", "no synchronous standby streams: what the leader writes only it has"
        )
    if topology.paused:
        yield Condition("paused", "", "the cluster is in maintenance: nobody takes over by itself")


def _of_member(topology: Topology, member: Member, maximum_lag: int) -> t.Iterator[Condition]:
    leader = topology.leader
    if member.down:
        yield Condition("member_down", member.name, f"{member.name} {_state(member)}")
    elif not member.leads:
        if leader and None not in (leader.timeline, member.timeline) and leader.timeline != member.timeline:
            yield Condition(
                "timeline_diverged",
                member.name,
                f"{member.name} is on timeline {member.timeline}, {leader.name} on {leader.timeline}",
            )
        if not member.streams:
            yield Condition("replica_not_streaming", member.name, f"{member.name} {_state(member)}")
        if member.lag is not None and member.lag > maximum_lag:
            yield Condition(
                "replica_lagging",
                member.name,
                f"{member.name} is {member.lag} bytes behind, {maximum_lag} are accepted",
            )


def _state(member: Member) -> str:
    return f"is {member.state or 'in no known state'}" if member.answers else "does not answer"


def merge_patch(original: t.Mapping[str, t.Any], patch: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Merge as RFC 7396 and Patroni's ``PATCH /config`` do, where None removes a key."""
    merged = dict(original)
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            below = merged.get(key)
            merged[key] = merge_patch(below if isinstance(below, dict) else {}, value)
        else:
            merged[key] = value
    return merged
