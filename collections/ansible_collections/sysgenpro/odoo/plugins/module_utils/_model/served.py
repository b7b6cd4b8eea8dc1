# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A tenant whose database is on a restored server for a while."""

from __future__ import annotations

import dataclasses
import typing as t

if t.TYPE_CHECKING:
    from .tenant import Tenant


def served_from(tenant: Tenant, host: str, port: int) -> Tenant:
    """The tenant with its database at another server, without proxy and replicas."""
    endpoint = dataclasses.replace(tenant.postgresql, host=host, port=port, primary_port=port, replica_port=0)
    clusters = {**tenant.postgresql_clusters, tenant.postgresql_cluster: endpoint}
    return dataclasses.replace(tenant, postgresql_clusters=clusters, database_replica=False)
