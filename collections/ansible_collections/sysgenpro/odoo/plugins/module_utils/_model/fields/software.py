# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tenant runs."""

from __future__ import annotations

from .. import rules
from .field import Field

SOFTWARE = (
    Field(
        "odoo_series",
        "str",
        "Series of Odoo.",
        default="19.0",
        rule=rules.matches(r"[0-9]{2}\.[0-9]", "a series such as 19.0"),
    ),
    Field(
        "odoo_image",
        "str",
        "Image of the release, by digest or by content-addressed tag.",
        required=True,
        rule=rules.image_reference,
    ),
    Field(
        "odoo_approved_registries",
        "list",
        "Prefixes of image references that may run.",
        default=("sysgenpro/",),
        elements="str",
    ),
    Field(
        "odoo_modules",
        "list",
        "Modules that are installed.",
        default=("base",),
        elements="str",
        rule=rules.every(rules.module_name),
    ),
    Field(
        "odoo_languages",
        "list",
        "Languages that are loaded.",
        default=("en_US",),
        elements="str",
        rule=rules.every(rules.language),
    ),
    Field(
        "odoo_country",
        "str",
        "Country of the main company; decides the chart of accounts.",
        default="US",
        rule=rules.country,
    ),
    Field("odoo_config", "dict", "Further keys of the section C(options) of odoo.conf.", default={}),
)
