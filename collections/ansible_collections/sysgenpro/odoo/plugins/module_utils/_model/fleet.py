# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules that hold between tenants."""

from __future__ import annotations

import typing as t

from . import capacity

if t.TYPE_CHECKING:
    from .tenant import Tenant


def problems(tenants: t.Sequence[Tenant]) -> list[str]:
    """Every collision and every exceeded budget among ``tenants``, one text a problem."""
    return sorted([*_collisions(tenants), *_budgets(tenants)])


def _collisions(tenants: t.Sequence[Tenant]) -> t.Iterator[str]:
    for variable, key in (
        ("odoo_host", lambda tenant: [tenant.host, tenant.integration_host]),
        ("odoo_database", lambda tenant: [f"{tenant.region}/{tenant.postgresql_cluster}/{tenant.database}"]),
        (
            "odoo_database_user",
            lambda tenant: [
                f"{tenant.region}/{tenant.postgresql_cluster}/{role}"
                for role in (tenant.database_user, tenant.reporting_user)
            ],
        ),
        ("odoo_bucket", lambda tenant: [f"{tenant.object_store.get('endpoint')}/{tenant.bucket}"]),
        ("odoo_tenant", lambda tenant: [f"{tenant.region}/{tenant.tenant}"]),
        (
            "odoo_kubernetes_namespace",
            lambda tenant: [f"{tenant.place}/{tenant.kubernetes_namespace}"] if tenant.runtime == "kubernetes" else [],
        ),
    ):
        owners: dict[str, list[str]] = {}
        for tenant in tenants:
            for value in key(tenant):
                owners.setdefault(value, []).append(tenant.tenant)
        for value, names in owners.items():
            if len(names) > 1:
                yield f"{', '.join(sorted(names))}: {variable}={value.rsplit('/', 1)[-1]!r}: must belong to one tenant alone"


def _budgets(tenants: t.Sequence[Tenant]) -> t.Iterator[str]:
    clusters: dict[tuple[str, str], list[Tenant]] = {}
    for tenant in tenants:
        clusters.setdefault((tenant.region, tenant.postgresql_cluster), []).append(tenant)
    for (region, cluster), members in clusters.items():
        name = f"{region}: odoo_postgresql_clusters.{cluster}"
        yield from _exceeded(name, members, capacity.connection_budget, "the primary")
        # The replica that is left when the other one is away must carry all of it.
        yield from _exceeded(name, members, capacity.replica_budget, "one replica")
        if any(tenant.hosting_model == "dedicated" for tenant in members) and len(members) > 1:
            yield (
                f"{', '.join(sorted(tenant.tenant for tenant in members))}: odoo_postgresql_cluster={cluster!r}: "
                "a dedicated cluster must belong to one tenant alone"
            )


def _exceeded(
    name: str, members: t.Sequence[Tenant], budget: t.Callable[[Tenant], int], server: str
) -> t.Iterator[str]:
    endpoint = members[0].postgresql
    available = endpoint.max_connections - endpoint.reserved_connections
    budgets = {tenant.tenant: budget(tenant) for tenant in members}
    if sum(budgets.values()) > available:
        shares = ", ".join(
            f"{tenant} {share}" for tenant, share in sorted(budgets.items(), key=lambda item: -item[1])[:10]
        )
        yield (
            f"{name}.max_connections={endpoint.max_connections}: tenants may open {sum(budgets.values())} connections to "
            f"{server} ({shares}) but {available} are accepted: raise max_connections or lower replicas, workers, "
            "odoo_db_maxconn or odoo_reporting_connections"
        )
