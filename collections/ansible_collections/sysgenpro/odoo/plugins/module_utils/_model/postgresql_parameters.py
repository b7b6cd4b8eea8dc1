# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PostgreSQL's parameters for a size of memory, each with its reason: many small Odoo databases on one cluster."""

from __future__ import annotations

import typing as t

from .._support.errors import OdooError

MINIMUM_MEMORY_MB = 256
MINIMUM_CONNECTIONS = 20
#: MiB of an idle backend with Odoo's catalogue caches, measured at 6-9.
BACKEND_MB = 8


class Parameter(t.NamedTuple):
    """A value and why it is this one."""

    value: t.Any
    why: str


#: Independent of size.
FIXED: t.Mapping[str, Parameter] = {
    "autovacuum_analyze_scale_factor": Parameter(
        0.02, "Odoo writes to many small tables: statistics follow after 2 % of changes, not 10 %."
    ),
    "autovacuum_naptime": Parameter(
        "30s", "One database after the other gets its turn: with many of them, twice as often."
    ),
    "autovacuum_vacuum_scale_factor": Parameter(
        0.05, "Stock and accounting rows are updated often: dead ones go after 5 % of the table, not 20 %."
    ),
    "autovacuum_vacuum_insert_scale_factor": Parameter(
        0.1, "Tables that only grow (mail_message, ir_logging) are frozen before it is urgent."
    ),
    "checkpoint_completion_target": Parameter(
        0.9, "A checkpoint's writes are spread over the time until the next one."
    ),
    "checkpoint_timeout": Parameter(
        "15min",
        "Fewer full-page images than with 5 minutes; a standby takes over, so recovery after a crash may last longer.",
    ),
    "default_statistics_target": Parameter(100, "PostgreSQL's own; Odoo's plans are short."),
    "effective_io_concurrency": Parameter(64, "Solid-state disks serve many reads at a time."),
    "hot_standby_feedback": Parameter("on", "Reports on a replica are not cancelled by vacuum on the primary."),
    "idle_in_transaction_session_timeout": Parameter(
        "30min", "A forgotten transaction holds back vacuum of its whole database."
    ),
    "jit": Parameter("off", "Odoo's queries are short: compiling them costs more than it saves."),
    "log_autovacuum_min_duration": Parameter("10s", "A vacuum that takes long names its table."),
    "log_checkpoints": Parameter("on", "Shows whether checkpoints come by time or because max_wal_size is too small."),
    "log_connections": Parameter("on", "Audit: who came, from where, and how they authenticated."),
    "log_disconnections": Parameter("on", "Audit: how long they stayed."),
    "log_lock_waits": Parameter("on", "A request that waits for another one's lock is named after a second."),
    "log_min_duration_statement": Parameter("2s", "A shopper notices what takes longer."),
    "log_line_prefix": Parameter(
        "%m [%p] %q%u@%d/%a %h ", "Every line says when, which process, role, database, program and address."
    ),
    "log_statement": Parameter(
        "ddl",
        "Audit: what changes a schema, a role or a right. Of superusers every change is logged (ALTER ROLE postgres).",
    ),
    "log_temp_files": Parameter("64MB", "A query that sorts on disk is named: work_mem is too small for it."),
    "max_locks_per_transaction": Parameter(
        256, "Upgrading Odoo's modules locks some thousand tables in one transaction."
    ),
    "max_replication_slots": Parameter(10, "Two standbys, those that take their place, and room to spare."),
    "max_wal_senders": Parameter(10, "Two standbys, base backups of new ones, and room to spare."),
    "max_worker_processes": Parameter(8, "PostgreSQL's own."),
    "password_encryption": Parameter("scram-sha-256", "No verifier in another form comes into being."),
    "random_page_cost": Parameter(1.1, "On solid-state disks a random read costs hardly more than the next one."),
    "tcp_keepalives_count": Parameter(
        3, "With the two below: a client that is gone is noticed after a minute and a half."
    ),
    "tcp_keepalives_idle": Parameter(60, "Connections that LISTEN are silent for hours."),
    "tcp_keepalives_interval": Parameter(10, "See tcp_keepalives_count."),
    "track_functions": Parameter("pl", "Statistics of functions cost next to nothing here."),
    "track_io_timing": Parameter("on", "EXPLAIN and pg_stat_io say what waited for the disk."),
    "wal_compression": Parameter(
        "lz4", "Full-page images shrink to a third for little time; archives and standbys gain."
    ),
    "wal_level": Parameter("replica", "What standbys and pgBackRest need, and no more."),
    "wal_log_hints": Parameter("on", "pg_rewind brings a former primary back without a copy."),
}


def explained(
    memory_mb: int, max_connections: int, overrides: t.Mapping[str, t.Any] | None = None
) -> dict[str, Parameter]:
    """Parameters for a server with ``memory_mb`` MiB, by name.

    :param overrides: values that take precedence.
    :raises OdooError: the size cannot work.
    """
    if memory_mb < MINIMUM_MEMORY_MB:
        raise OdooError(f"postgresql_memory_mb {memory_mb} is too small: at least {MINIMUM_MEMORY_MB}")
    if max_connections < MINIMUM_CONNECTIONS:
        raise OdooError(f"postgresql_max_connections {max_connections} is too small: at least {MINIMUM_CONNECTIONS}")
    chosen = {name: Parameter(value, "Set by postgresql_parameters.") for name, value in (overrides or {}).items()}
    return {**FIXED, **_computed(memory_mb, max_connections), **chosen}


def _computed(memory_mb: int, max_connections: int) -> dict[str, Parameter]:
    shared_buffers = memory_mb // 4
    backends = min(BACKEND_MB * max_connections, memory_mb // 2)
    working = max(memory_mb - shared_buffers - backends, memory_mb // 4)
    at_work = max(max_connections // 10 * 2, 4)
    work_mem = _clamp(working // at_work, 4, 64)
    maintenance = _clamp(memory_mb // 16, 32, 1024)
    of = f"of {memory_mb} MiB of memory"
    return {
        "max_connections": Parameter(
            max_connections, "postgresql_max_connections; the tenants' budgets are checked against it."
        ),
        "shared_buffers": Parameter(f"{shared_buffers}MB", f"A quarter {of}; the kernel's cache holds the rest."),
        "effective_cache_size": Parameter(
            f"{memory_mb * 5 // 8}MB", f"Five eighths {of}: what buffers and the kernel's cache hold together."
        ),
        "work_mem": Parameter(
            f"{work_mem}MB",
            f"{working} MiB are left beside buffers and {max_connections} idle backends ({BACKEND_MB} MiB each, at most half). A "
            f"tenth of the backends work at a time and sort or hash twice: a share of {at_work}, from 4 to 64 MiB.",
        ),
        "maintenance_work_mem": Parameter(f"{maintenance}MB", f"A sixteenth {of}, from 32 MiB to 1 GiB: for indexes."),
        "autovacuum_work_mem": Parameter(
            f"{_clamp(maintenance // 2, 16, 512)}MB", "Half of maintenance_work_mem, because several vacuum at a time."
        ),
        "autovacuum_max_workers": Parameter(
            3 if memory_mb < 8192 else 5,
            "Five from 8 GiB on, where there are more databases; else PostgreSQL's own three.",
        ),
        "wal_buffers": Parameter(
            f"{_clamp(shared_buffers // 32, 4, 16)}MB", "A 32nd of shared_buffers, from 4 to 16 MiB."
        ),
        "min_wal_size": Parameter(
            f"{_clamp(memory_mb // 8, 80, 2048)}MB", f"An eighth {of}, from 80 MiB to 2 GiB: segments kept for reuse."
        ),
        "max_wal_size": Parameter(
            f"{_clamp(memory_mb, 512, 8192)}MB",
            "As much as memory, from 512 MiB to 8 GiB: checkpoints come by time and not because WAL is full.",
        ),
        "wal_keep_size": Parameter(
            f"{_clamp(memory_mb // 8, 128, 2048)}MB",
            f"An eighth {of}, from 128 MiB to 2 GiB: a standby that was away for a moment needs no archive.",
        ),
    }


def _clamp(value: int, lowest: int, highest: int) -> int:
    return max(lowest, min(value, highest))
