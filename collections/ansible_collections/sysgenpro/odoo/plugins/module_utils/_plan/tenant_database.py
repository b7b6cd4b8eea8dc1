# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All steps of a tenant's database and roles, for the converge of one tenant and for the question about a thousand. Pure."""

from __future__ import annotations

import typing as t

from .._model.capacity import connection_budget
from .database import DatabaseStep, plan_database, plan_record
from .reporting import plan_reporting

if t.TYPE_CHECKING:
    from .._model.tenant import Tenant
    from .database import ObservedDatabase


def plan_present(tenant: Tenant, observed: ObservedDatabase, *, relocate: bool = False) -> tuple[DatabaseStep, ...]:
    """Steps that give the tenant its database, its role and its reporting role, and remember that they were verified.

    :param relocate: a database that is recorded at another place is taken over instead of refused.
    """
    steps = plan_database(tenant, observed, connection_budget(tenant), relocate=relocate)
    steps += plan_reporting(tenant, observed.reporting, exists=observed.comment is not None)
    return steps + plan_record(tenant, observed, steps)


def missing_modules(tenant: Tenant, comment: t.Mapping[str, t.Any] | None) -> list[str]:
    """Modules the tenant asks for that its database is not recorded to have; odoo_module installs them."""
    return sorted(set(tenant.all_modules) - set(comment.get("modules", ()))) if comment else []
