# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a cluster's shared catalogs tell of a tenant, and how it is recognised as verified before. Pure."""

from __future__ import annotations

import hashlib
import hmac
import json
import typing as t

from .._model.catalog import Names
from .database import ObservedDatabase, ObservedReporting, draft_name, template_name

if t.TYPE_CHECKING:
    from .._model.catalog import CatalogRow
    from .._model.tenant import Tenant

#: Key of a database's COMMENT under which the last verification is remembered.
VERIFIED = "verified"


def names(tenant: Tenant) -> Names:
    """The names to look for in the catalogs."""
    return Names(
        tenant.database, tenant.database_user, tenant.reporting_user, template_name(tenant), draft_name(tenant)
    )


def verification(row: CatalogRow, passwords: t.Sequence[str]) -> str:
    """Sixteen hexadecimal digits that change with what was verified inside the database and with the passwords tried.

    Everybody who may connect to a cluster can read its comments, so the digest is keyed with the passwords: nobody who does
    not know them can try likely ones.
    """
    comment = row.comment or {}
    said = [row.content, comment.get("release"), comment.get("modules")]
    key = json.dumps(list(passwords)).encode()
    return hmac.new(key, json.dumps(said).encode(), hashlib.sha256).hexdigest()[:16]


def is_verified(row: CatalogRow, passwords: t.Sequence[str]) -> bool:
    """Whether nothing has changed since passwords and privileges were last tried and found as they must be."""
    recorded = str((row.comment or {}).get(VERIFIED, ""))
    return hmac.compare_digest(recorded.encode(), verification(row, passwords).encode())


def observed(row: CatalogRow, passwords: t.Sequence[str]) -> ObservedDatabase:
    """The snapshot that the plan takes, without a login.

    What cannot be seen from outside the database counts as right here; where it was not verified before, the plan's step
    C(record) says that it must be looked at.
    """
    exists = row.comment is not None
    return ObservedDatabase(
        role_limit=row.role_limit,
        password_accepted=exists,
        comment=row.comment,
        template_exists=row.template_exists,
        draft_exists=row.draft_exists,
        reporting=ObservedReporting(row.reporting_limit, row.reporting_read_only, accepted=exists),
        verified=is_verified(row, passwords),
    )
