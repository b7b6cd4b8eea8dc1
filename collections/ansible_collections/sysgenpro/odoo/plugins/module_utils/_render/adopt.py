# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What loads an Odoo backup into a draft, what makes the draft the tenant's, and where each member of an archive goes. Pure."""

from __future__ import annotations

import posixpath
import typing as t

from . import clone
from .containers import Home
from .odoo_conf import File

if t.TYPE_CHECKING:
    from .._model.tenant import Tenant

HOME = Home(999, plain="/etc/load", scratch="/work")
#: Names of the two forms of a dump, as they are unpacked: SQL of an Odoo backup, and PostgreSQL's custom format.
SQL = "dump.sql"
CUSTOM = "database.dump"
FILES = "files"
#: Folders with the attachments: of an Odoo backup, and of odoo_export.
_FOLDERS = ("filestore", "attachments")

#: Extensions and what is said of them come with the empty database; a tenant's role may not make them. In SQL these lines
#: are left out, but not between COPY and its end, where they would be data.
SCRIPT = """\
set -eu
. /etc/load/environment
export PGSSLMODE=verify-full PGSSLROOTCERT=/etc/load/ca.crt PGCONNECT_TIMEOUT=10
PGPASSWORD=$(cat /run/secrets/password)
export PGPASSWORD
if [ -f /out/dump.sql ]; then
    awk '/^COPY .* FROM stdin;$/ { data = 1 }
         /^\\\\\\.$/ { data = 0 }
         !data && /^(CREATE EXTENSION|COMMENT ON EXTENSION|CREATE SCHEMA public|COMMENT ON SCHEMA public|\\\\(un)?restrict )/ { next }
         { print }' /out/dump.sql | psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --output /dev/null --dbname "$draft"
else
    pg_restore --list /out/database.dump | grep -Ev ' (EXTENSION|SCHEMA|COMMENT) - (EXTENSION |SCHEMA )?[a-z_]+ ?[a-z_]*$' >/out/list
    pg_restore --use-list /out/list --dbname "$draft" --jobs 2 --no-owner --no-privileges --exit-on-error /out/database.dump
fi
vacuumdb --dbname "$draft" --analyze-only --jobs 2 --quiet
"""
LOAD = ("sh", "/etc/load/load.sh")


def files(tenant: Tenant, *, server: tuple[str, int], draft: str, ca: str, password: str) -> tuple[File, ...]:
    """What the container reads."""
    environment = {"PGHOST": server[0], "PGPORT": str(server[1]), "PGUSER": tenant.database_user, "draft": draft}
    lines = "".join(f"export {name}='{value}'\n" for name, value in environment.items())
    return (
        File("plain/environment", lines),
        File("plain/load.sh", SCRIPT),
        File("plain/ca.crt", ca),
        File("secret/password", password, secret=True),
    )


def destination(member: str) -> str | None:
    """Where a member of an archive is unpacked, relative; None where it is not needed.

    An Odoo backup has its members at the top, an export in one folder.
    """
    path = posixpath.normpath(member)
    parts = path.split("/")
    if path.startswith(("/", "..")) or ".." in parts:
        return None
    if parts[-1] in (SQL, CUSTOM) and len(parts) <= 2:
        return parts[-1]
    for depth in (0, 1):
        if len(parts) > depth + 1 and parts[depth] in _FOLDERS:
            return "/".join((FILES, *parts[depth + 1 :]))
    return None


def stored(store_fname: str) -> str:
    """Path of an attachment's file below FILES; where a storage is named, without it."""
    return store_fname.split("://", 1)[-1]


#: Attachments whose content is in files.
IN_FILES = "SELECT id, store_fname FROM ir_attachment WHERE store_fname IS NOT NULL ORDER BY id"
INTO_DATABASE = "UPDATE ir_attachment SET db_datas = %s, store_fname = NULL WHERE id = %s"
SERIES = "SELECT latest_version FROM ir_module_module WHERE name = 'base'"


def address(tenant: Tenant) -> list[clone.Statement]:
    """Where the database is from now on; users, passwords and keys stay as they came."""
    return clone.address(f"https://{tenant.host}")
