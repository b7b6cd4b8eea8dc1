# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which backup a restore begins with, and which databases' content it needs. Pure."""

from __future__ import annotations

import dataclasses
import datetime
import typing as t

from .._support.errors import OdooError

if t.TYPE_CHECKING:
    from .._model.restore import Database, Restore


@dataclasses.dataclass(frozen=True)
class Backup:
    """One backup as C(pgbackrest info) lists it: LSN where it ends, its timeline, seconds since the epoch."""

    label: str
    stop: int
    timeline: int
    time: int


def position(lsn: str) -> int:
    """An LSN as a number of bytes."""
    high, _slash, low = lsn.partition("/")
    return (int(high, 16) << 32) + int(low, 16)


def backups(info: t.Sequence[t.Mapping[str, t.Any]]) -> tuple[Backup, ...]:
    """The sound backups of one stanza, from C(pgbackrest info --output=json)."""
    return tuple(
        Backup(
            label=item["label"],
            stop=position(item["lsn"]["stop"]),
            timeline=int(item["archive"]["stop"][:8], 16),
            time=item["timestamp"]["stop"],
        )
        for stanza in info
        for item in stanza["backup"]
        if not item.get("error")
    )


def choose(restore: Restore, known: t.Sequence[Backup]) -> Backup:
    """The newest backup that ended before the target, on the target's timeline or an earlier one.

    :raises OdooError: when there is none, naming the oldest.
    """
    kind, value = restore.target
    usable = [backup for backup in known if restore.timeline == "latest" or backup.timeline <= int(restore.timeline)]
    if kind == "lsn":
        usable = [backup for backup in usable if backup.stop <= position(value)]
    if kind == "time":
        moment = datetime.datetime.strptime(value, "%Y-%m-%d %H:%M:%S%z").timestamp()
        usable = [backup for backup in usable if backup.time <= moment]
    if not usable:
        oldest = min((backup.label for backup in known), default="none at all")
        number = restore.repository.number if restore.repository else 0
        raise OdooError(
            f"Repository {number} has no backup that ended before {kind} {value} on timeline {restore.timeline}; its oldest is {oldest}",
            hint="Try the other repository, or a later target",
        )
    return max(usable, key=lambda backup: backup.time)


def included(wanted: t.Sequence[Database], held: t.Mapping[str, int]) -> tuple[str, ...]:
    """Names to restore alone, or none for the whole cluster.

    A database that was made after the backup exists in the WAL only, and WAL that copies a template needs the template's
    content: then nothing may be left out.

    :param held: name and OID of the databases in the backup.
    """
    if not all(held.get(database.name) == (database.oid or held.get(database.name, -1)) for database in wanted):
        return ()
    return tuple(database.name for database in wanted)
