# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a PostgreSQL server says of its replication, in five queries over one connection."""

from __future__ import annotations

import typing as t

from .._model.replication import WRAPAROUND, Archiver, Replication, Slot, Standby, Wraparound
from .._support.errors import OdooError
from .postgresql import query

SERVER = """
SELECT pg_is_in_recovery(), current_setting('synchronous_standby_names'), current_setting('archive_mode') <> 'off',
    pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')
"""
#: Where this server is in the WAL: a standby has no current position of its own, only the last it received.
_HERE = "CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END"
STANDBYS = f"""
SELECT application_name, coalesce(host(client_addr), ''), state, sync_state,
    pg_wal_lsn_diff({_HERE}, replay_lsn)::bigint,
    extract(epoch FROM write_lag)::float8, extract(epoch FROM flush_lag)::float8, extract(epoch FROM replay_lag)::float8
FROM pg_stat_replication WHERE application_name <> 'pg_basebackup' ORDER BY application_name
"""
SLOTS = f"""
SELECT slot_name, slot_type, active, pg_wal_lsn_diff({_HERE}, restart_lsn)::bigint, wal_status
FROM pg_replication_slots ORDER BY slot_name
"""
#: A segment's name is its timeline and its number, which in turn are 32 bits of the LSN and the rest.
_ARCHIVED_TO = """
(('x' || substr(last_archived_wal, 9, 8))::bit(32)::bigint * 4294967296
    + (('x' || substr(last_archived_wal, 17, 8))::bit(32)::bigint + 1) * pg_size_bytes(current_setting('wal_segment_size')))
"""
ARCHIVER = f"""
SELECT archived_count, failed_count, extract(epoch FROM now() - last_archived_time)::float8,
    extract(epoch FROM now() - last_failed_time)::float8,
    CASE WHEN last_archived_wal ~ '^[0-9A-F]{{24}}' AND NOT pg_is_in_recovery()
        THEN greatest(pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') - {_ARCHIVED_TO}, 0)::bigint END
FROM pg_stat_archiver
"""
WRAPAROUNDS = """
SELECT datname, age(datfrozenxid)::float8 / %s, mxid_age(datminmxid)::float8 / %s FROM pg_database ORDER BY datname
"""


def observe(connection: t.Any) -> Replication:
    """Ask the server.

    :raises OdooError: the role may not read what other roles do, and would see standbys without their state.
    """
    in_recovery, names, archiving, reads = query(connection, SERVER)[0]
    if not reads:
        raise OdooError(
            "The role may not read the state of standbys", hint="GRANT pg_read_all_stats; the role postgresql does so"
        )
    return Replication(
        in_recovery=in_recovery,
        synchronous_standby_names=names,
        standbys=tuple(Standby(*row) for row in query(connection, STANDBYS)),
        slots=tuple(Slot(*row) for row in query(connection, SLOTS)),
        archiver=Archiver(archiving, *query(connection, ARCHIVER)[0]),
        wraparound=tuple(Wraparound(*row) for row in query(connection, WRAPAROUNDS, (WRAPAROUND, WRAPAROUND))),
    )
