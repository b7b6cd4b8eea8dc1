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
        ("odoo_database_user", lambda tenant: [f"{tenant.region}/{tenant.postgresql_cluster}/{tenant.database_user}"]),
        ("odoo_bucket", lambda tenant: [f"{tenant.object_store.get('endpoint')}/{tenant.bucket}"]),
        ("odoo_tenant", lambda tenant: [f"{tenant.region}/{tenant.tenant}"]),
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
        endpoint = members[0].postgresql
        available = endpoint.max_connections - endpoint.reserved_connections
        budgets = {tenant.tenant: capacity.connection_budget(tenant) for tenant in members}
        if sum(budgets.values()) > available:
            shares = ", ".join(
                f"{name} {budget}" for name, budget in sorted(budgets.items(), key=lambda item: -item[1])[:10]
            )
            yield (
                f"{region}: odoo_postgresql_clusters.{cluster}.max_connections={endpoint.max_connections}: tenants may open "
                f"{sum(budgets.values())} connections ({shares}) but {available} are accepted: "
                "raise max_connections or lower replicas, workers or odoo_db_maxconn"
            )
        if any(tenant.hosting_model == "dedicated" for tenant in members) and len(members) > 1:
            yield (
                f"{', '.join(sorted(budgets))}: odoo_postgresql_cluster={cluster!r}: "
                "a dedicated cluster must belong to one tenant alone"
            )
