# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what a tenant's reporting role is to what it must be, as ordered steps. Pure."""

from __future__ import annotations

import typing as t

from .database import DatabaseStep

if t.TYPE_CHECKING:
    from .._model.tenant import Tenant
    from .database import ObservedReporting


def plan_reporting(tenant: Tenant, observed: ObservedReporting, *, exists: bool) -> tuple[DatabaseStep, ...]:
    """Steps that give the tenant its reporting role; none when it has it.

    :param exists: whether the database exists before the run; a new one has been opened to nobody yet.
    """
    role, limit = tenant.reporting_user, tenant.reporting_connections
    steps = []
    if observed.limit is None:
        steps.append(DatabaseStep("create_reporting", role, "it does not exist"))
    elif observed.limit != limit or not observed.read_only:
        cause = (
            f"its connection limit is {observed.limit}, declared are {limit}" if observed.read_only else "it may write"
        )
        steps.append(DatabaseStep("limit_reporting", role, cause))
    if not exists:
        steps.append(DatabaseStep("open_reporting", role, "the database is new"))
    elif observed.limit is None or not observed.accepted:
        steps.append(DatabaseStep("open_reporting", role, "the server does not let it in with the declared password"))
    elif observed.gaps:
        steps.append(DatabaseStep("open_reporting", role, f"it reads too little or too much of {observed.gaps} tables"))
    return tuple(steps)


def plan_absent_reporting(tenant: Tenant, observed: ObservedReporting) -> tuple[DatabaseStep, ...]:
    """Steps that remove the role, once its tenant's database is gone."""
    if observed.limit is None:
        return ()
    return (DatabaseStep("drop_reporting", tenant.reporting_user, "the tenant is decommissioned"),)
