# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tenant's processes get."""

from __future__ import annotations

from .. import kubernetes, rules
from .field import Field

WORKLOADS = (
    Field(
        "odoo_packing",
        "str",
        "Four workloads in containers of their own, or one threaded process.",
        default="separate",
        choices=("separate", "compact"),
    ),
    Field("odoo_web_replicas", "int", "Web containers.", default=2, rule=rules.between(1, 6)),
    Field("odoo_web_workers", "int", "Worker processes in each web container.", default=2, rule=rules.between(1, 32)),
    Field("odoo_websocket_replicas", "int", "Websocket containers.", default=1, rule=rules.between(1, 2)),
    Field("odoo_cron_threads", "int", "Scheduled actions run at a time.", default=2, rule=rules.between(1, 16)),
    Field("odoo_queue_workers", "int", "Queue jobs run at a time.", default=2, rule=rules.between(1, 32)),
    Field("odoo_db_maxconn", "int", "Connections a worker process may hold.", default=4, rule=rules.between(2, 64)),
    Field(
        "odoo_db_maxconn_gevent",
        "int",
        "Connections a websocket process may hold.",
        default=8,
        rule=rules.between(2, 64),
    ),
    Field(
        "odoo_web_memory_mb",
        "int",
        "Memory limit of a web container in MiB.",
        default=1024,
        rule=rules.between(384, 65536),
    ),
    Field(
        "odoo_websocket_memory_mb",
        "int",
        "Memory limit of a websocket container in MiB.",
        default=512,
        rule=rules.between(256, 16384),
    ),
    Field(
        "odoo_cron_memory_mb",
        "int",
        "Memory limit of the cron container in MiB.",
        default=768,
        rule=rules.between(256, 65536),
    ),
    Field(
        "odoo_queue_memory_mb",
        "int",
        "Memory limit of the queue container in MiB.",
        default=1024,
        rule=rules.between(384, 65536),
    ),
    Field(
        "odoo_compact_memory_mb",
        "int",
        "Memory limit of a compact tenant's container in MiB.",
        default=768,
        rule=rules.between(384, 65536),
    ),
    Field(
        "odoo_cpus",
        "float",
        "Processors each container may use at most.",
        default=2.0,
        rule=kubernetes.processors,
    ),
)
