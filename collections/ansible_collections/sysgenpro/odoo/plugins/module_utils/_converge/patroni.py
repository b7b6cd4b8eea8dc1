# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bring a Patroni cluster to the demanded state, one call at a time, each seen to work before the next."""

from __future__ import annotations

import contextlib
import dataclasses
import time
import typing as t

from .._adapters.patroni import Unreachable, Watch
from .._model.patroni import SYNCHRONOUS, Topology, condition, conditions, merge_patch
from .._plan import patroni as planner
from .._support.errors import OdooError
from .._support.waiting import wait_until

if t.TYPE_CHECKING:
    from .._adapters.patroni import Cluster

INTERVAL = 0.5


@dataclasses.dataclass
class Runner:
    """One run of the module: where it looks, how long it waits, what it did."""

    cluster: Cluster
    timeout: float
    check_mode: bool
    maximum_lag: int | None = None
    #: Makes a watch over who is primary; connections of their own, because requests are under way meanwhile.
    watch: t.Callable[[], Watch] = lambda: Watch(())
    gap: float | None = None

    def observed(self, *, wait: bool) -> dict[str, t.Any]:
        return self._result(self._first(wait), (), {})

    def configured(self, patch: t.Mapping[str, t.Any], *, wait: bool) -> dict[str, t.Any]:
        before = self._first(wait)
        steps = planner.plan_configured(before, patch)
        wished = merge_patch(before.configuration, patch)
        diff = {"before": dict(before.configuration), "after": wished}
        if not steps or self.check_mode:
            return self._result(before, steps, diff)
        self.cluster.patch_config(patch)
        return self._result(self._taken(wished), steps, diff)

    def maintenance(self, *, paused: bool) -> dict[str, t.Any]:
        before = self.cluster.observe()
        steps = planner.plan_maintenance(before, paused=paused)
        diff = {"before": {"paused": before.paused}, "after": {"paused": paused}}
        if not steps or self.check_mode:
            return self._result(before, steps, diff)
        self.cluster.patch_config({"pause": True if paused else None})
        word = "paused" if paused else "resumed"
        after = self._until(f"the cluster to be {word}", lambda seen: seen.paused == paused)
        return self._result(after, steps, diff)

    def switched_over(self, *, candidate: str | None, leader: str | None) -> dict[str, t.Any]:
        before = self.cluster.observe()
        steps = planner.plan_switchover(before, candidate=candidate, leader=leader, maximum_lag=self.maximum_lag)
        diff = {"before": _lead(before), "after": {"leader": steps[0].member} if steps else _lead(before)}
        if not steps or self.check_mode:
            return self._result(before, steps, diff)
        return self._result(self._switch(before, steps[0].member), steps, diff)

    def restarted(self, *, member: str | None, switch_over: bool) -> dict[str, t.Any]:
        before = self.cluster.observe()
        steps = planner.plan_restart(before, member=member, switch_over=switch_over)
        diff = {"before": _pending(before), "after": {"pending_restart": []} if steps else _pending(before)}
        if self.check_mode:
            return self._result(before, steps, diff)
        after = before
        for step in steps:
            after = self._hand_over(before) if step.action == "switchover" else self._restart(step.member)
        return self._result(after, steps, diff)

    def reinitialised(self, *, member: str, confirm: str | None) -> dict[str, t.Any]:
        before = self.cluster.observe()
        steps = planner.plan_reinitialise(before, member=member, confirm=confirm)
        if self.check_mode:
            return self._result(before, steps, {})
        target = before.member(member)
        started = target.started if target else ""
        self._command(before, member, "/reinitialize", {})
        after = self._streams_again(member, started)
        return self._result(after, steps, {})

    def _hand_over(self, before: Topology) -> Topology:
        """Let another member lead than at the start, chosen from how things are now."""
        now = self.cluster.observe()
        leader = before.leader.name if before.leader else None
        steps = planner.plan_switchover(now, candidate=None, leader=leader, maximum_lag=self.maximum_lag)
        return self._switch(now, steps[0].member) if steps else now

    def _switch(self, before: Topology, candidate: str) -> Topology:
        """Move the lead and wait until everyone that served follows the new leader."""
        leader = before.leader
        if leader is None:
            raise OdooError("No member leads")
        followers = {m.name for m in before.members if m.leads or m.streams} - {candidate}
        said = ""
        with self.watch() as watch:
            # An answer that never comes says nothing about the switchover: what counts is who leads in the end.
            with contextlib.suppress(Unreachable):
                body = {"leader": leader.name, "candidate": candidate}
                answer = self.cluster.post(leader, "/switchover", body, timeout=self.timeout)
                said = f"{answer.status} {answer.text}"
                if answer.status in (400, 412):
                    raise OdooError(f"Patroni refused the switchover from {leader.name} to {candidate}: {said}")
            after = self._until(
                f"{candidate} to lead ({said or 'Patroni did not answer'})",
                lambda seen: seen.leader is not None and seen.leader.name == candidate and not seen.leader.down,
            )
        self.gap = watch.gap
        return self._until(
            f"{', '.join(sorted(followers))} to stream from {candidate}",
            lambda seen: _follow(seen, followers) and (_synchronous(seen) or not _synchronous(before)),
            otherwise=after,
        )

    def _restart(self, member: str) -> Topology:
        before = self.cluster.observe()
        target = before.member(member)
        if target is None:
            raise OdooError(
                f"{member} left {before.scope} during the run", hint="Look at the member's container and log"
            )
        self._command(before, member, "/restart", {})
        return self._streams_again(member, target.started)

    def _command(self, topology: Topology, member: str, path: str, body: t.Mapping[str, t.Any]) -> None:
        target = topology.member(member)
        if target is None:
            raise OdooError(f"{topology.scope} has no member {member}")
        try:
            answer = self.cluster.post(target, path, body, timeout=self.timeout)
        except Unreachable as error:
            raise OdooError(
                f"{member} did not answer: {error}", hint="Look at the member's log, then run again"
            ) from error
        if answer.status not in (200, 202):
            raise OdooError(f"{member} refused {path}: {answer.status} {answer.text}")

    def _streams_again(self, member: str, started: str) -> Topology:
        """Wait until the member's server is another process than ``started``, serves, and everyone is in place."""

        def met(seen: Topology) -> bool:
            target = seen.member(member)
            if target is None or target.started in ("", started) or target.down:
                return False
            return (target.leads or target.streams) and _synchronous(seen)

        return self._until(f"{member} to serve again", met)

    def _taken(self, wished: t.Mapping[str, t.Any]) -> Topology:
        """Wait until every member has read the configuration: only then it knows what still needs a restart.

        A member reads it in the loop in which it hears of etcd, and that is a later moment than now.
        """
        start = self.cluster.observe()
        heard = {m.name: m.dcs_last_seen for m in start.members if m.answers}

        def met(seen: Topology) -> bool:
            now = {m.name: m.dcs_last_seen for m in seen.members}
            return all(now.get(name, 0) > moment for name, moment in heard.items())

        self._until("every member to read the configuration", met)
        # The loop applies what it read right after it has noted the time.
        time.sleep(INTERVAL)
        after = self.cluster.observe()
        if after.configuration != wished:
            raise OdooError("Somebody else changed the configuration meanwhile", hint="Run again")
        return after

    def _first(self, wait: bool) -> Topology:
        if not wait:
            return self.cluster.observe()
        grave = {"no_leader", "dcs_unreachable", "member_down"}
        return self._until(
            "a leader and every member to run", lambda seen: not grave & {found.name for found in conditions(seen)}
        )

    def _until(self, what: str, met: t.Callable[[Topology], bool], *, otherwise: Topology | None = None) -> Topology:
        """Observe until ``met``; ``otherwise`` is tried first, so that what holds already costs no look."""
        if otherwise is not None and met(otherwise):
            return otherwise
        last: list[Topology] = []

        def probe() -> tuple[bool, str]:
            try:
                seen = self.cluster.observe()
            except OdooError as error:
                return False, str(error)
            last[:] = [seen]
            return met(seen), "; ".join(f"{m.name} {m.role} {m.state}" for m in seen.members)

        wait_until(what, probe, timeout=self.timeout, interval=INTERVAL)
        return last[0]

    def _result(self, topology: Topology, steps: t.Sequence[planner.Step], diff: dict[str, t.Any]) -> dict[str, t.Any]:
        found = conditions(topology, self.maximum_lag)
        return {
            "changed": bool(steps),
            "steps": [step._asdict() for step in steps],
            "cluster": topology.public(),
            "condition": condition(found),
            "conditions": [entry._asdict() for entry in found],
            "configuration": dict(topology.configuration),
            **({"gap": self.gap} if self.gap is not None else {}),
            **({"diff": diff} if diff else {}),
        }


def _follow(seen: Topology, names: t.Collection[str]) -> bool:
    """Whether all of ``names`` stream on the leader's timeline."""
    leader = seen.leader
    streaming = {m.name for m in seen.replicas if leader and m.streams and m.timeline == leader.timeline}
    return set(names) <= streaming


def _synchronous(seen: Topology) -> bool:
    """Whether the leader has the synchronous standby that its mode asks for."""
    return not seen.synchronous or any(member.role in SYNCHRONOUS and member.streams for member in seen.members)


def _lead(seen: Topology) -> dict[str, t.Any]:
    return {"leader": seen.leader.name if seen.leader else None}


def _pending(seen: Topology) -> dict[str, t.Any]:
    return {"pending_restart": [member.name for member in seen.members if member.pending_restart]}
