# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The field table: the only schema of a tenant.

Argument specifications, documentation fragments and the variable table are generated from it. Each file holds one theme.
"""

from __future__ import annotations

from .data import DATA
from .field import Field
from .kubernetes import KUBERNETES
from .lifecycle import LIFECYCLE
from .operation import MAIL, OPERATION, RECOVERY, SECRETS
from .software import SOFTWARE
from .tenancy import IDENTITY, ROUTES
from .workloads import WORKLOADS

__all__ = ["BY_NAME", "FIELDS", "Field"]

FIELDS: tuple[Field, ...] = (
    IDENTITY + ROUTES + SOFTWARE + DATA + WORKLOADS + KUBERNETES + LIFECYCLE + MAIL + RECOVERY + OPERATION + SECRETS
)
BY_NAME = {field.name: field for field in FIELDS}
