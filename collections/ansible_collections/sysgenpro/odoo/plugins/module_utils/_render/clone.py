# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What makes a clone a database of its own: every secret, token, date and address renewed, in SQL.

Odoo's own duplicate renews the parameters of ir.config_parameter.init; a template clone has to renew far more,
because hundreds of tenants come from one template.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import typing as t

#: res_users.password, as passlib's pbkdf2_sha512 with the rounds of odoo/tools/config.py.
PASSWORD_ROUNDS = 600_000
#: res_users_apikeys.key, with the rounds of base/models/res_users.py.
API_KEY_ROUNDS = 6_000
#: Characters of an API key that index it, also from there.
API_KEY_INDEX = 8
HEALTH_LOGIN = "health@sysgenpro.invalid"

Statement = tuple[str, tuple[t.Any, ...]]


def pbkdf2_sha512(secret: str, rounds: int, *, salt: bytes | None = None) -> str:
    """A hash in passlib's modular crypt format."""
    salt = secrets.token_bytes(16) if salt is None else salt
    checksum = hashlib.pbkdf2_hmac("sha512", secret.encode(), salt, rounds)
    return f"$pbkdf2-sha512${rounds}${_adapted(salt)}${_adapted(checksum)}"


def _adapted(value: bytes) -> str:
    """Base64 as passlib adapts it: no padding, a full stop for the plus sign."""
    return base64.b64encode(value).decode().rstrip("=").replace("+", ".")


#: Columns that hold what only the holder of a link may know, wherever they are: access tokens, channel and record uuids.
TOKEN_COLUMNS = """
    SELECT c.table_name, c.column_name
      FROM information_schema.columns c
      JOIN information_schema.tables t USING (table_schema, table_name)
     WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.data_type IN ('character varying', 'text')
       AND (c.column_name LIKE '%access_token' OR c.column_name = 'uuid')
"""

#: Tables whose rows belong to the template's own life.
EMPTIED = ("bus_bus", "ir_logging", "res_users_log", "res_device_log", "auth_totp_device", "queue_job")


def statements(*, base_url: str, admin_password: str, health_password: str, health_key: str) -> list[Statement]:
    """Statements for one transaction in the clone; token columns and emptied tables come beside them."""
    return [
        (
            "DELETE FROM ir_config_parameter WHERE key IN ('database.secret', 'database.uuid', 'database.create_date')",
            (),
        ),
        (
            """
            INSERT INTO ir_config_parameter (key, value) VALUES ('database.secret', %s), ('database.uuid', gen_random_uuid()::text),
              ('database.create_date', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'))
            """,
            (secrets.token_urlsafe(48),),
        ),
        *address(base_url),
        ("UPDATE res_users SET password = NULL", ()),
        ("DELETE FROM res_users_apikeys", ()),
        (
            "UPDATE res_users SET password = %s WHERE id = (SELECT res_id FROM ir_model_data WHERE module = 'base' AND name = 'user_admin')",
            (pbkdf2_sha512(admin_password, PASSWORD_ROUNDS),),
        ),
        *health_user(health_password, health_key),
        # Spread over the next hour: a hundred clones of one template must not all run the same job in the same second.
        (
            """
            UPDATE ir_cron SET lastcall = NULL, failure_count = 0, first_failure_date = NULL,
              nextcall = (now() AT TIME ZONE 'UTC') + random() * interval '1 hour'
            """,
            (),
        ),
    ]


def address(base_url: str) -> list[Statement]:
    """The database's address, which no login of an administrator changes."""
    return [
        ("DELETE FROM ir_config_parameter WHERE key IN ('web.base.url', 'web.base.url.freeze')", ()),
        (
            "INSERT INTO ir_config_parameter (key, value) VALUES ('web.base.url', %s), ('web.base.url.freeze', 'True')",
            (base_url,),
        ),
    ]


def health_user(password: str, key: str) -> list[Statement]:
    """Password and API key of the user of health checks, which has no other key."""
    return [
        (
            "UPDATE res_users SET password = %s WHERE login = %s",
            (pbkdf2_sha512(password, PASSWORD_ROUNDS), HEALTH_LOGIN),
        ),
        ("DELETE FROM res_users_apikeys WHERE user_id IN (SELECT id FROM res_users WHERE login = %s)", (HEALTH_LOGIN,)),
        (
            """
            INSERT INTO res_users_apikeys (name, user_id, scope, key, index)
              SELECT 'Health check', id, 'rpc', %s, %s FROM res_users WHERE login = %s
            """,
            (pbkdf2_sha512(key, API_KEY_ROUNDS), key[:API_KEY_INDEX], HEALTH_LOGIN),
        ),
    ]


def renew_tokens(columns: t.Iterable[tuple[str, str]]) -> list[str]:
    """An UPDATE for each token column; random per row."""
    return [
        f'UPDATE "{table}" SET "{column}" = gen_random_uuid()::text WHERE "{column}" IS NOT NULL'
        for table, column in columns
    ]
