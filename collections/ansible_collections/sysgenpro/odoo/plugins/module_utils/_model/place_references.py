# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the places that tenants name are there, and in the tenants' own region."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from .tenant import Tenant

#: Inventory group of the places of each runtime.
GROUPS = {"docker": "docker_hosts", "kubernetes": "kubernetes_clusters"}


def problems(tenants: t.Iterable[Tenant], places: t.Mapping[str, t.Mapping[str, str]]) -> list[str]:
    """One text for each tenant whose place cannot run it.

    :param places: for each runtime, regions by place, empty where a place does not say its region. A runtime whose group the
        inventory does not declare is not checked: its places are declared elsewhere.
    """
    found = []
    for tenant in tenants:
        known = places.get(tenant.runtime)
        if known is None:
            continue
        group = GROUPS[tenant.runtime]
        region = known.get(tenant.place)
        if region is None:
            named = ", ".join(sorted(known)[:10]) or "none"
            found.append(
                f"{tenant.tenant}: odoo_place={tenant.place!r}: must be a host of the group {group}; there are: {named}"
            )
        elif region and region != tenant.region:
            mine = sorted(name for name, where in known.items() if where == tenant.region)
            accepted = f"one of {', '.join(mine[:10])}" if mine else f"a host of {group}, of which none has this region"
            found.append(
                f"{tenant.tenant}: odoo_place={tenant.place!r}: is in region {region!r}; a tenant of region "
                f"{tenant.region!r} must name {accepted}"
            )
    return found
