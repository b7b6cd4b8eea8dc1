# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a tenant's workloads consist of and how many database connections they may open."""

from __future__ import annotations

import dataclasses
import typing as t

if t.TYPE_CHECKING:
    from .tenant import Tenant

#: Connections of the queue runner: one that listens, one that works.
RUNNER_CONNECTIONS = 2
#: Sessions that look after a tenant's database beside its workloads: odoo_module, health checks, an operator's psql.
OPERATOR_CONNECTIONS = 4


@dataclasses.dataclass(frozen=True)
class Workload:
    """A set of equal containers of a tenant: ``replicas`` of them, or as many as ``maximum`` where they are autoscaled.

    ``replaces`` says how a changed one comes: ``blue_green`` starts the new beside the old,
    ``stop_start`` never has two at a time, because two cron sets on one database must not be.
    """

    name: str
    replicas: int
    maximum: int
    workers: int
    cron_threads: int
    memory_mb: int
    connections: int
    replaces: str

    @property
    def surge(self) -> int:
        """Connections at the peak of a rollout."""
        return self.maximum * self.connections * (2 if self.replaces == "blue_green" else 1)


def workloads(tenant: Tenant) -> tuple[Workload, ...]:
    """The tenant's workloads in the order in which they are brought up."""
    if tenant.packing == "compact":
        # One process with threads: its pool is shared by requests, cron, bus and runner.
        connections = 4 * tenant.db_maxconn + tenant.cron_threads + RUNNER_CONNECTIONS
        return (Workload("web", 1, 1, 0, 1, tenant.compact_memory_mb, connections, "blue_green"),)
    # Every prefork server starts a gevent child of its own, whether its port is used or not.
    prefork = tenant.db_maxconn_gevent
    return (
        Workload(
            "web",
            tenant.web_replicas,
            _web_maximum(tenant),
            tenant.web_workers,
            0,
            tenant.web_memory_mb,
            tenant.web_workers * tenant.db_maxconn + prefork,
            "blue_green",
        ),
        Workload(
            "websocket",
            tenant.websocket_replicas,
            tenant.websocket_replicas,
            0,
            0,
            tenant.websocket_memory_mb,
            tenant.db_maxconn_gevent,
            "blue_green",
        ),
        Workload(
            "cron", 1, 1, 0, tenant.cron_threads, tenant.cron_memory_mb, 2 * tenant.cron_threads + 1, "stop_start"
        ),
        Workload(
            "queue",
            1,
            1,
            tenant.queue_workers,
            0,
            tenant.queue_memory_mb,
            tenant.queue_workers * tenant.db_maxconn + prefork + RUNNER_CONNECTIONS,
            "stop_start",
        ),
    )


def _web_maximum(tenant: Tenant) -> int:
    """Docker runs what is declared; on Kubernetes the budget holds for the most that autoscaling may start."""
    autoscaled = tenant.runtime == "kubernetes" and tenant.kubernetes_web_replicas_max
    return tenant.kubernetes_web_replicas_max if autoscaled else tenant.web_replicas


def replica_budget(tenant: Tenant) -> int:
    """Connections the tenant may hold on one replica: its reporting role's, and Odoo's second pool where it reads there."""
    pools = sum(workload.surge for workload in workloads(tenant)) if tenant.database_replica else 0
    return pools + tenant.reporting_connections


def connection_budget(tenant: Tenant) -> int:
    """Database connections the tenant may hold at the peak of a rollout; also its role's CONNECTION LIMIT."""
    return sum(workload.surge for workload in workloads(tenant)) + OPERATOR_CONNECTIONS
