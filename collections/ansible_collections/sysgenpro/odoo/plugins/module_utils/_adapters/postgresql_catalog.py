# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a cluster's shared catalogs tell of many tenants, in one query and without a look into any database."""

from __future__ import annotations

import json
import typing as t

from .._model.catalog import CatalogRow, Names
from . import postgresql

#: Ownership and privileges of every database are in one shared catalog (pg_shdepend): a table that came, went or was opened
#: or closed to a role changes count or checksum. Of a role's password the role postgresql lets the provisioner see a digest.
_QUERY = """
    WITH wanted AS (
        SELECT * FROM unnest(%(databases)s::text[], %(owners)s::text[], %(reporters)s::text[], %(templates)s::text[],
                             %(drafts)s::text[])
                   WITH ORDINALITY AS w (database, owner, reporter, template, draft, position)
    ), held AS (
        SELECT dbid, refobjid, deptype, count(*) AS objects, sum(objid::bigint * 31 + objsubid) AS checksum
          FROM pg_catalog.pg_shdepend
         WHERE classid = 'pg_class'::regclass AND refclassid = 'pg_authid'::regclass AND deptype IN ('o', 'a')
         GROUP BY dbid, refobjid, deptype
    )
    SELECT d.oid IS NOT NULL, pg_catalog.shobj_description(d.oid, 'pg_database'), o.rolconnlimit, r.rolconnlimit,
           coalesce('default_transaction_read_only=on' = ANY (r.rolconfig) AND pg_has_role(r.oid, %(group)s, 'MEMBER'), false),
           EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = w.template),
           EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = w.draft),
           json_build_array(d.datacl::text, owned.objects, owned.checksum, granted.objects, granted.checksum{versions})::text
      FROM wanted w
      LEFT JOIN pg_catalog.pg_database d ON d.datname = w.database
      LEFT JOIN pg_catalog.pg_roles o ON o.rolname = w.owner
      LEFT JOIN pg_catalog.pg_roles r ON r.rolname = w.reporter
      LEFT JOIN held owned ON owned.dbid = d.oid AND owned.refobjid = o.oid AND owned.deptype = 'o'
      LEFT JOIN held granted ON granted.dbid = d.oid AND granted.refobjid = r.oid AND granted.deptype = 'a'
     ORDER BY w.position
"""
_VERSIONS = ", provisioning.password_version(w.owner), provisioning.password_version(w.reporter)"
_HAS_VERSIONS = """
    SELECT coalesce(pg_catalog.has_function_privilege(pg_catalog.to_regprocedure('provisioning.password_version(text)'), 'EXECUTE'), false)
"""


def look(connection: t.Any, wanted: t.Sequence[Names], *, group: str) -> list[CatalogRow]:
    """One row for each of ``wanted``, in its order.

    :param connection: the provisioner's, in the database ``postgres``.
    :param group: the group of reporting roles.
    """
    if not wanted:
        return []
    versions = _VERSIONS if postgresql.query(connection, _HAS_VERSIONS)[0][0] else ""
    columns = dict(zip(("databases", "owners", "reporters", "templates", "drafts"), map(list, zip(*wanted))))
    with connection.cursor() as cursor:
        cursor.execute(_QUERY.format(versions=versions), {**columns, "group": group})
        return [_row(*values) for values in cursor.fetchall()]


def _row(
    exists: bool,
    comment: str | None,
    role_limit: int | None,
    reporting_limit: int | None,
    read_only: bool,
    template_exists: bool,
    draft_exists: bool,
    content: str,
) -> CatalogRow:
    return CatalogRow(
        comment=postgresql.comment_of(comment) if exists else None,
        role_limit=role_limit,
        reporting_limit=reporting_limit,
        reporting_read_only=read_only,
        template_exists=template_exists,
        draft_exists=draft_exists,
        content=tuple(json.loads(content)),
    )
