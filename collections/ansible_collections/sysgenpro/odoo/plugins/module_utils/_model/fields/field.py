# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the field table says about one variable."""

from __future__ import annotations

import dataclasses
import typing as t

if t.TYPE_CHECKING:
    from .. import rules


@dataclasses.dataclass(frozen=True)
class Field:
    """One inventory variable of a tenant.

    ``default`` None with ``required`` False means "computed": the description says from what.
    """

    name: str
    type: str
    description: str
    default: t.Any = None
    required: bool = False
    choices: tuple[str, ...] = ()
    elements: str | None = None
    rule: rules.Rule | None = None

    @property
    def attribute(self) -> str:
        """Name of the attribute of Tenant, which is the variable's name without its prefix."""
        return self.name[len("odoo_") :]
