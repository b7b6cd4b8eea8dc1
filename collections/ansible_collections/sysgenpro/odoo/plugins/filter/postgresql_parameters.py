# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: postgresql_parameters
short_description: PostgreSQL parameters for a size of memory
version_added: 0.1.0
author: SysGenPro (@sysgenpro)
description:
  - Computes the parameters that follow from a server's memory and connections, for many small Odoo databases on one cluster.
positional: max_connections
options:
  _input:
    description: Memory of the server's container in MiB, at least 256.
    type: int
    required: true
  max_connections:
    description: Connections the server accepts, at least 20.
    type: int
    required: true
  overrides:
    description: Parameters that take precedence.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Show the parameters of a server with 8 GiB
  ansible.builtin.debug:
    msg: "{{ 8192 | sysgenpro.odoo.postgresql_parameters(400, {'jit': 'on'}) }}"
"""

RETURN = r"""
_value:
  description: Parameters by name, memory with its unit.
  type: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError

MINIMUM_MEMORY_MB = 256
MINIMUM_CONNECTIONS = 20
# Memory of one idle backend with Odoo's catalogue caches, measured at 6-9 MiB.
BACKEND_MB = 8


def parameters(memory_mb: int, max_connections: int, overrides: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
    """Parameters for `memory_mb` MiB; raises AnsibleFilterError where the size cannot work."""
    if memory_mb < MINIMUM_MEMORY_MB:
        raise AnsibleFilterError(f"postgresql_memory_mb {memory_mb} is too small: at least {MINIMUM_MEMORY_MB}")
    if max_connections < MINIMUM_CONNECTIONS:
        raise AnsibleFilterError(
            f"postgresql_max_connections {max_connections} is too small: at least {MINIMUM_CONNECTIONS}"
        )
    shared_buffers = memory_mb // 4
    # A tenth of the connections work at the same time, and a query sorts or hashes about twice.
    backends = min(BACKEND_MB * max_connections, memory_mb // 2)
    working = max(memory_mb - shared_buffers - backends, memory_mb // 4)
    work_mem = _clamp(working // max(max_connections // 10 * 2, 4), 4, 64)
    maintenance = _clamp(memory_mb // 16, 32, 1024)
    computed = {
        "max_connections": max_connections,
        "shared_buffers": f"{shared_buffers}MB",
        "effective_cache_size": f"{memory_mb * 5 // 8}MB",
        "work_mem": f"{work_mem}MB",
        "maintenance_work_mem": f"{maintenance}MB",
        "autovacuum_work_mem": f"{_clamp(maintenance // 2, 16, 512)}MB",
        "autovacuum_max_workers": 3 if memory_mb < 8192 else 5,
        "wal_buffers": f"{_clamp(shared_buffers // 32, 4, 16)}MB",
        "min_wal_size": f"{_clamp(memory_mb // 8, 80, 2048)}MB",
        "max_wal_size": f"{_clamp(memory_mb, 512, 8192)}MB",
        "wal_keep_size": f"{_clamp(memory_mb // 8, 128, 2048)}MB",
    }
    return {**FIXED, **computed, **(overrides or {})}


# Independent of size. Odoo's plans are short: compiling them costs more than it saves (jit). Its writes are spread
# over many small tables, so vacuum and analyze look earlier than by default.
FIXED: dict[str, t.Any] = {
    "autovacuum_analyze_scale_factor": 0.02,
    "autovacuum_naptime": "30s",
    "autovacuum_vacuum_scale_factor": 0.05,
    "autovacuum_vacuum_insert_scale_factor": 0.1,
    "checkpoint_completion_target": 0.9,
    "checkpoint_timeout": "15min",
    "default_statistics_target": 100,
    "effective_io_concurrency": 64,
    "hot_standby_feedback": "on",
    "idle_in_transaction_session_timeout": "30min",
    "jit": "off",
    "log_autovacuum_min_duration": "10s",
    "log_checkpoints": "on",
    "log_lock_waits": "on",
    "log_min_duration_statement": "2s",
    "log_line_prefix": "%m [%p] %q%u@%d/%a ",
    "log_temp_files": "64MB",
    "max_locks_per_transaction": 256,
    "max_replication_slots": 10,
    "max_wal_senders": 10,
    "max_worker_processes": 8,
    "password_encryption": "scram-sha-256",
    "random_page_cost": 1.1,
    "tcp_keepalives_count": 3,
    "tcp_keepalives_idle": 60,
    "tcp_keepalives_interval": 10,
    "track_functions": "pl",
    "track_io_timing": "on",
    "wal_compression": "lz4",
    "wal_level": "replica",
    "wal_log_hints": "on",
}


def _clamp(value: int, lowest: int, highest: int) -> int:
    return max(lowest, min(value, highest))


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"postgresql_parameters": parameters}
