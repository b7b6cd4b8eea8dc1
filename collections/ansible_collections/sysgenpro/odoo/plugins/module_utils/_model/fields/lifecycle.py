# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When the tenant runs, how long it lives, and who answers for it."""

from __future__ import annotations

from .. import timetable
from .field import Field

LIFECYCLE = (
    Field(
        "odoo_time_zone",
        "str",
        "Time zone of the region, as in the IANA database; timetables and dates without an offset are read in it.",
        default="UTC",
        rule=timetable.time_zone,
    ),
    Field(
        "odoo_awake_hours",
        "list",
        "Hours at which the tenant runs, for example C(Mon-Fri 07:00-20:00); outside them it sleeps. Always, where empty. Not for production.",
        default=(),
        elements="str",
        rule=timetable.hours,
    ),
    Field(
        "odoo_expires",
        "str",
        "Date, or date and time, from which the tenant is removed by the playbook C(schedule); needs odoo_owner. Not for production.",
        rule=timetable.moment,
    ),
    Field("odoo_owner", "str", "Who answers for the tenant: a person or a team, best as an address."),
)
