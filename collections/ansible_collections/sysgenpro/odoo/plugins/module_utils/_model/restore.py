# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a restore of a PostgreSQL cluster is asked for."""

from __future__ import annotations

import dataclasses
import datetime
import re
import typing as t
import zlib

from .._support.errors import OdooError

_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
_DATABASE = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_LSN = re.compile(r"[0-9A-F]{1,8}/[0-9A-F]{1,8}")
_VERIFIER = re.compile(r"SCRAM-SHA-256\$[0-9]+:[A-Za-z0-9+/=]+\$[A-Za-z0-9+/=]+:[A-Za-z0-9+/=]+")
#: Where restored clusters listen on a host that tenants reach: each name has its own of these ports, as far as they go.
FIRST_PORT, PORTS = 5600, 100
#: A time without an offset would be read in whatever zone the container has.
_TIME = "%Y-%m-%d %H:%M:%S%z"


@dataclasses.dataclass(frozen=True)
class Access:
    """A role that may log in to one database of the restored cluster.

    ``verifier`` is what its password is checked against, empty to leave the one of the backup.
    """

    database: str
    user: str
    verifier: str = dataclasses.field(default="", repr=False)


@dataclasses.dataclass(frozen=True)
class Repository:
    """A bucket of pgBackRest's and a key that can read and list it; ``cipher`` is what its backups are encrypted with."""

    number: int
    host: str
    port: int
    bucket: str
    region: str
    access_key: str
    secret_key: str = dataclasses.field(repr=False)
    cipher: str = dataclasses.field(repr=False)


class Database(t.NamedTuple):
    """A database to restore; ``oid`` is the one it had at the target, 0 where nobody knows."""

    name: str
    oid: int


@dataclasses.dataclass(frozen=True)
class Restore:
    """One restored cluster. ``target`` is a type (lsn, time or latest) and its value.

    ``databases`` are those restored with their content; empty for all. ``network`` is a Docker network to be alone in, at
    ``address``; empty for the host's own. ``volume`` is that of a member to restore in place.
    """

    name: str
    region: str
    image: str
    stanza: str
    repository: Repository | None
    databases: tuple[Database, ...]
    target: tuple[str, str]
    timeline: str
    address: str
    port: int
    access: tuple[Access, ...]
    memory_mb: int
    network: str
    volume: str
    path: str

    @property
    def data(self) -> str:
        """What is mounted as PostgreSQL's home: a member's volume, or a directory of the restored cluster's own."""
        return self.volume or f"{self.directory}/data"

    @property
    def container(self) -> str:
        return f"{self.region}-restore-{self.name}"

    @property
    def directory(self) -> str:
        return f"{self.path}/{self.name}"


def parse(given: t.Mapping[str, t.Any]) -> Restore:
    """The request as a whole.

    :raises OdooError: naming the option and what it accepts.
    """
    if not _NAME.fullmatch(given["name"]):
        raise OdooError(f"name={given['name']!r} is not usable", hint="Use a-z, 0-9 and _, a letter first")
    for item in given["access"]:
        if not (_DATABASE.fullmatch(item["database"]) and _DATABASE.fullmatch(item["user"])):
            raise OdooError(f"access: {item['database']!r}, {item['user']!r} are no names", hint="Use a-z, 0-9 and _")
        if item["verifier"] and not _VERIFIER.fullmatch(item["verifier"]):
            raise OdooError("access: a verifier is malformed", hint="Use the filter sysgenpro.odoo.scram_verifier")
    for database in given["databases"]:
        if not _DATABASE.fullmatch(database["name"]):
            raise OdooError(f"databases: {database['name']!r} is no database name", hint="Use a-z, 0-9 and _")
    port = given["port"] or FIRST_PORT + zlib.crc32(given["name"].encode()) % PORTS
    if not 1024 <= port <= 65535:
        raise OdooError(f"port={given['port']} is not usable", hint="Use 1024 to 65535")
    wanted = {name: given[name] for name in ("target_lsn", "target_time") if given.get(name)}
    if len(wanted) > 1:
        raise OdooError(
            "target_lsn and target_time exclude each other", hint="Give one of them, or none for the newest"
        )
    return Restore(
        name=given["name"],
        region=given["region"],
        image=given["image"],
        stanza=given["stanza"],
        repository=_repository(given),
        databases=tuple(sorted(Database(item["name"], item["oid"]) for item in given["databases"])),
        target=_target(wanted),
        timeline=str(given["target_timeline"] or "latest"),
        address=given["address"],
        port=port,
        access=tuple(Access(item["database"], item["user"], item["verifier"] or "") for item in given["access"]),
        memory_mb=given["memory_mb"],
        network=given["network"] or "",
        volume=given["volume"] or "",
        path=given["path"],
    )


def _repository(given: t.Mapping[str, t.Any]) -> Repository | None:
    """The one to restore from; a removal and a look need none."""
    if given["state"] != "present":
        return None
    number, known = given["repository"], given["repositories"]
    if not 1 <= number <= len(known):
        raise OdooError(f"repository={number} is not known", hint=f"Use 1 to {len(known)}")
    return Repository(number=number, cipher=given["cipher"], **known[number - 1])


def _target(wanted: t.Mapping[str, str]) -> tuple[str, str]:
    if "target_lsn" in wanted:
        if not _LSN.fullmatch(wanted["target_lsn"]):
            raise OdooError(
                f"target_lsn={wanted['target_lsn']!r} is no LSN", hint="Write it as PostgreSQL does, 0/3000148"
            )
        return "lsn", wanted["target_lsn"]
    if "target_time" in wanted:
        try:
            moment = datetime.datetime.strptime(wanted["target_time"], _TIME)
        except ValueError:
            raise OdooError(
                f"target_time={wanted['target_time']!r} is not understood",
                hint="Write it with its offset from UTC: 2026-01-31 12:00:00+00:00",
            ) from None
        return "time", moment.strftime(_TIME)
    return "latest", ""
