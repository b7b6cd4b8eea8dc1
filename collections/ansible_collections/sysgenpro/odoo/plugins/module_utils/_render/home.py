# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The container that copies a restored database into its own cluster."""

from __future__ import annotations

import dataclasses
import typing as t

from .containers import Home
from .odoo_conf import File

if t.TYPE_CHECKING:
    from .._model.tenant import Tenant

HOME = Home(999, plain="/etc/copy", scratch="/work")

#: Extensions are made with the empty database, because a tenant's role may not make them.
SCRIPT = """\
set -eu
. /etc/copy/environment
export PGSSLMODE=verify-full PGSSLROOTCERT=/etc/copy/ca.crt PGCONNECT_TIMEOUT=10
copy=/out/copy
PGPASSWORD=$(cat /run/secrets/source_password)
export PGPASSWORD
pg_dump --username "$source_user" --host "$source_host" --port "$source_port" --dbname "$database" --format directory --jobs 2 --compress lz4:1 \\
    --exclude-extension '*' --no-owner --no-privileges --file "$copy"
PGPASSWORD=$(cat /run/secrets/password)
pg_restore --host "$target_host" --port "$target_port" --dbname "$draft" --jobs 2 --no-owner --no-privileges --exit-on-error "$copy"
vacuumdb --host "$target_host" --port "$target_port" --dbname "$draft" --analyze-only --jobs 2 --quiet
"""
COPY = ("sh", "/etc/copy/copy.sh")


@dataclasses.dataclass(frozen=True)
class Source:
    """The database to copy, and who may read it."""

    host: str
    port: int
    database: str
    user: str
    password: str = dataclasses.field(repr=False)


def files(
    tenant: Tenant, source: Source, *, target: tuple[str, int], draft: str, ca: str, password: str
) -> tuple[File, ...]:
    """What the container reads; no password stands in an argument or in the environment of the container's definition."""
    environment = {
        "source_host": source.host,
        "source_port": str(source.port),
        "target_host": target[0],
        "target_port": str(target[1]),
        "source_user": source.user,
        "database": source.database,
        "draft": draft,
        "PGUSER": tenant.database_user,
    }
    lines = "".join(f"export {name}='{value}'\n" for name, value in environment.items())
    return (
        File("plain/environment", lines),
        File("plain/copy.sh", SCRIPT),
        File("plain/ca.crt", ca),
        File("secret/source_password", source.password, secret=True),
        File("secret/password", password, secret=True),
    )
