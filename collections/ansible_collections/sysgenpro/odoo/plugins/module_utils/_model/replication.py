# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a PostgreSQL server says of its replication, and the names of what is wrong with it."""

from __future__ import annotations

import dataclasses
import typing as t

#: Transaction ids before the server refuses to assign new ones: half of them, less the three million it keeps back.
WRAPAROUND = 2**31 - 3_000_000

#: Every condition, the gravest first. Alerts use these names.
CONDITIONS = ("synchronous_standby_lost", "wraparound_near", "archiver_failing", "slot_retains_wal", "replica_lagging")


class Condition(t.NamedTuple):
    """One thing that is not as it should be; ``subject`` is the standby, slot or database it concerns."""

    name: str
    subject: str
    text: str


class Standby(t.NamedTuple):
    """A row of pg_stat_replication. Lags are bytes of WAL and seconds; seconds are None while nothing is written."""

    name: str
    address: str
    state: str
    sync_state: str
    lag: int | None
    write_lag: float | None
    flush_lag: float | None
    replay_lag: float | None


class Slot(t.NamedTuple):
    """A row of pg_replication_slots; ``retained`` is the WAL in bytes that is kept for it."""

    name: str
    kind: str
    active: bool
    retained: int | None
    wal_status: str | None


class Archiver(t.NamedTuple):
    """pg_stat_archiver; ages are seconds, None where it never happened.

    ``behind`` is the WAL in bytes that is written and not archived: all that is lost when only the archive is left.
    """

    enabled: bool
    archived: int
    failed: int
    since_success: float | None
    since_failure: float | None
    behind: int | None = None


class Wraparound(t.NamedTuple):
    """How much of its transaction and multixact ids a database has used up, as fractions of what there is."""

    database: str
    xid: float
    multixact: float


@dataclasses.dataclass(frozen=True)
class Replication:
    """One server at one moment; a server in recovery has no standbys of its own to speak of."""

    in_recovery: bool
    synchronous_standby_names: str
    standbys: tuple[Standby, ...]
    slots: tuple[Slot, ...]
    archiver: Archiver
    wraparound: tuple[Wraparound, ...]

    @property
    def synchronous(self) -> tuple[str, ...]:
        """Names of the standbys that a commit waits for, and that stream."""
        return tuple(s.name for s in self.standbys if s.sync_state in ("sync", "quorum") and s.state == "streaming")

    def public(self) -> dict[str, t.Any]:
        return {
            "in_recovery": self.in_recovery,
            "standbys": [standby._asdict() for standby in self.standbys],
            "slots": [slot._asdict() for slot in self.slots],
            "archiver": self.archiver._asdict(),
            "wraparound": [database._asdict() for database in self.wraparound],
            "synchronous_standby_names": self.synchronous_standby_names,
            "synchronous_standbys": list(self.synchronous),
        }


class Bounds(t.NamedTuple):
    """What is accepted."""

    synchronous_standbys: int
    lag: int
    slot_retained: int
    wraparound: float


def conditions(seen: Replication, bounds: Bounds) -> tuple[Condition, ...]:
    """Everything beyond ``bounds``, the gravest first; empty for a healthy server."""
    found = [*_standbys(seen, bounds), *_slots(seen, bounds), *_archiver(seen.archiver), *_ages(seen, bounds)]
    return tuple(sorted(found, key=lambda condition: CONDITIONS.index(condition.name)))


def _standbys(seen: Replication, bounds: Bounds) -> t.Iterator[Condition]:
    if not seen.in_recovery and len(seen.synchronous) < bounds.synchronous_standbys:
        text = f"{len(seen.synchronous)} synchronous standbys stream, {bounds.synchronous_standbys} are wanted"
        yield Condition("synchronous_standby_lost", "", text)
    for standby in seen.standbys:
        if standby.lag is not None and standby.lag > bounds.lag:
            text = f"{standby.name} is {standby.lag} bytes behind, {bounds.lag} are accepted"
            yield Condition("replica_lagging", standby.name, text)


def _slots(seen: Replication, bounds: Bounds) -> t.Iterator[Condition]:
    for slot in seen.slots:
        if slot.retained is not None and slot.retained > bounds.slot_retained:
            state = "active" if slot.active else "inactive"
            text = f"{state} slot {slot.name} retains {slot.retained} bytes of WAL, {bounds.slot_retained} are accepted"
            yield Condition("slot_retains_wal", slot.name, text)


def _archiver(archiver: Archiver) -> t.Iterator[Condition]:
    """It fails when the last thing that happened was a failure."""
    failure, success = archiver.since_failure, archiver.since_success
    if archiver.enabled and failure is not None and (success is None or failure < success):
        last = "never succeeded" if success is None else f"last succeeded {success:.0f} s ago"
        text = f"the archiver failed {archiver.failed} times, most recently {failure:.0f} s ago, and {last}"
        yield Condition("archiver_failing", "", text)


def _ages(seen: Replication, bounds: Bounds) -> t.Iterator[Condition]:
    for database in seen.wraparound:
        for what, used in (("transaction", database.xid), ("multixact", database.multixact)):
            if used > bounds.wraparound:
                text = (
                    f"{database.database} has used {used:.1%} of its {what} ids, {bounds.wraparound:.1%} are accepted"
                )
                yield Condition("wraparound_near", database.database, text)
