# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Adopt an Odoo backup: load it beside the tenant's database, take its files in, then change the names."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import shutil
import tarfile
import typing as t
import zipfile
from pathlib import Path

from .._adapters import files, postgresql
from .._plan import database as plan
from .._render import adopt as render
from .._render import clone
from .._render.containers import LABEL
from .._support.errors import OdooError
from .home import swap
from .one_off import OneOff
from .renewal import in_one_transaction

if t.TYPE_CHECKING:
    from .database import TenantDatabase

#: Missing files that are named in an error.
NAMED = 5


@dataclasses.dataclass
class Adoption:
    """``source`` is the backup on this host, ``filestore`` a folder with its files where the backup has none.

    ``aside`` is what the former database is called, ``path`` a directory with room for the backup unpacked.
    ``tolerate_missing`` adopts a backup some of whose attachments have no file.
    """

    database: TenantDatabase
    image: str
    source: str
    filestore: str
    aside: str
    path: str
    tolerate_missing: bool

    def present(self, *, check: bool) -> dict[str, t.Any]:
        """Adopt it, once: a database that was adopted from the same backup is left alone.

        :returns: changed, and the names and numbers of what was done.
        :raises OdooError: nothing is changed where the backup is of another series, is not one, or lacks files.
        """
        if not os.path.isfile(self.source):
            raise OdooError(f"There is no file {self.source} on this host", hint="Copy the backup there first")
        origin = _digest(self.source)
        name = self.database.tenant.database
        with self.database.connect() as connection:
            found = postgresql.databases(connection, [name])
            if name in found and found[name].comment.get("restored") == origin:
                return {"changed": False, "former": None, "origin": origin}
            if check:
                return {"changed": True, "former": None, "origin": origin}
            with postgresql.advisory_lock(connection, f"sysgenpro.odoo/{name}"):
                draft = plan.draft_name(self.database.tenant)
                counts = self._fill(connection, draft, origin)
                former = swap(connection, name, draft, self.aside)
        return {"changed": True, "former": former, "origin": origin, **counts}

    def ready(self) -> dict[str, t.Any]:
        """Give the user of health checks its password and its key; the role's program has made the user."""
        passwords = self.database.passwords
        statements = clone.health_user(passwords.health, passwords.health_key)
        with self.database.connect(self.database.tenant.database) as inside:
            postgresql.execute(inside, "SET ROLE {}", self.database.tenant.database_user)
            in_one_transaction(inside, statements)
        return {"changed": True}

    def _fill(self, connection: t.Any, draft: str, origin: str) -> dict[str, int]:
        tenant = self.database.tenant
        job = f"{tenant.region}-{tenant.postgresql_cluster}-{tenant.database}-import"
        if self.database.jobs.running(job):
            raise OdooError(f"{job} is at work for another run", hint="Wait for its end and run again")
        work = Path(self.path) / job
        files.remove(str(work))
        work.mkdir(mode=0o700, parents=True)
        try:
            unpack(self.source, work)
            self.database.blanks.make_empty(connection, draft, tenant.database_user)
            self._load(job, work, draft)
            with self.database.connect(draft) as inside:
                postgresql.execute(inside, "SET ROLE {}", tenant.database_user)
                self._refuse_other_series(inside)
                taken = self._take_in(inside, work / render.FILES)
                in_one_transaction(inside, render.address(tenant))
                installed = postgresql.installed_modules(inside)
        finally:
            files.remove(str(work))
        # No release of ours made it: the next step upgrades what is older than the tenant's image.
        whole = {**plan.comment(tenant), "release": "imported", "modules": sorted(installed), "restored": origin}
        postgresql.set_comment(connection, draft, whole)
        return {"attachments": taken, "modules": len(installed)}

    def _load(self, job: str, work: Path, draft: str) -> None:
        tenant, server = self.database.tenant, self.database.server
        ca = files.read(tenant.ca_file)
        if ca is None:
            raise OdooError(f"The region's CA is not at {tenant.ca_file}", hint="Run the role docker_host on this host")
        os.chown(work, render.HOME.uid, render.HOME.uid)
        for name in (render.SQL, render.CUSTOM):
            if (work / name).exists():
                os.chown(work / name, render.HOME.uid, render.HOME.uid)
        password = self.database.passwords.database
        self.database.jobs.run_once(
            OneOff(
                name=job,
                image=self.image,
                argv=render.LOAD,
                directory=f"{tenant.config_path}/.{job}",
                files=render.files(tenant, server=(server.host, server.port), draft=draft, ca=ca, password=password),
                labels={f"{LABEL}region": tenant.region, f"{LABEL}component": "import"},
                writable=str(work),
                home=render.HOME,
            )
        )

    def _refuse_other_series(self, inside: t.Any) -> None:
        rows = postgresql.query(inside, render.SERIES)
        version, wanted = str(rows[0][0]) if rows else "", self.database.tenant.series
        if not version.startswith(f"{wanted}."):
            raise OdooError(
                f"The backup is of Odoo {version or '(no base module)'}, the tenant's series is {wanted}",
                hint="Upgrade it to that series first; nothing was changed",
            )

    def _take_in(self, inside: t.Any, folder: Path) -> int:
        """Files into the database, from where Odoo moves them to the tenant's bucket."""
        root = Path(self.filestore) if self.filestore else folder
        rows = postgresql.query(inside, render.IN_FILES)
        missing = [name for _id, name in rows if not (root / render.stored(name)).is_file()]
        if missing and not self.tolerate_missing:
            raise OdooError(
                f"{len(missing)} of {len(rows)} attachments have no file, the first are {', '.join(missing[:NAMED])}",
                hint="Give the folder of the files, or tolerate that; nothing was changed",
            )
        gone = set(missing)
        for number, name in rows:
            if name not in gone:
                content = (root / render.stored(name)).read_bytes()
                postgresql.execute(inside, render.INTO_DATABASE, parameters=(content, number))
        return len(rows) - len(missing)


def unpack(source: str, work: Path) -> None:
    """What is needed of a backup, into ``work``: its dump as C(dump.sql) or C(database.dump), its files below C(files).

    :raises OdooError: it is no Odoo backup, no export and no dump of PostgreSQL's.
    """
    with open(source, "rb") as file:
        magic = file.read(5)
    if magic == b"PGDMP":
        shutil.copyfile(source, work / render.CUSTOM)
    elif zipfile.is_zipfile(source):
        with zipfile.ZipFile(source) as archive:
            for entry in archive.infolist():
                if not entry.is_dir():
                    with archive.open(entry) as content:
                        _write(work, entry.filename, content)
    elif tarfile.is_tarfile(source):
        with tarfile.open(source) as tar:
            for member in tar:
                if member.isfile():
                    _write(work, member.name, t.cast("t.IO[bytes]", tar.extractfile(member)))
    if not any((work / name).is_file() for name in (render.SQL, render.CUSTOM)):
        raise OdooError(
            f"{source} is no Odoo backup (zip with dump.sql), no export (tar.gz with database.dump) and no dump of pg_dump's custom format",
            hint="Make one with Odoo's database manager, the playbook export_tenant or pg_dump --format=custom",
        )


def _write(work: Path, member: str, content: t.IO[bytes]) -> None:
    name = render.destination(member)
    if name is not None:
        target = work / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with open(target, "wb") as file:
            shutil.copyfileobj(content, file)


def _digest(path: str) -> str:
    found = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1024**2), b""):
            found.update(block)
    return found.hexdigest()
