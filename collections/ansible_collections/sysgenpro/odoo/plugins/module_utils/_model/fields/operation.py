# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the tenant is operated: mail, recovery, files on a host, secrets."""

from __future__ import annotations

from .. import rules
from .field import Field

MAIL = (
    Field(
        "odoo_mail_policy",
        "str",
        "Where outgoing mail goes; C(capture) keeps it on the platform.",
        default="capture",
        choices=("capture", "relay"),
    ),
    Field("odoo_smtp_host", "str", "Mail server.", required=True),
    Field("odoo_smtp_port", "int", "Port of the mail server.", default=1025, rule=rules.between(1, 65535)),
)

RECOVERY = (
    Field(
        "odoo_recovery_point_objective",
        "int",
        "Seconds of work that the loss of everything but the backups may cost. Drills compare with it.",
        default=900,
        rule=rules.between(1, 604800),
    ),
    Field(
        "odoo_recovery_time_objective",
        "int",
        "Seconds until the tenant must be in use again from its backups. Drills compare with it.",
        default=14400,
        rule=rules.between(1, 604800),
    ),
)

OPERATION = (
    Field(
        "odoo_config_path",
        "str",
        "Directory of tenants' files on the runtime host.",
        default="/etc/sysgenpro/tenants",
        rule=rules.absolute_path,
    ),
    Field(
        "odoo_network_pool",
        "str",
        "Network the tenants' bridges are cut from.",
        default="10.213.0.0/16",
        rule=rules.network_pool,
    ),
    Field(
        "odoo_start_timeout",
        "int",
        "Seconds a container may take to become healthy.",
        default=120,
        rule=rules.between(5, 1800),
    ),
    Field(
        "odoo_canary",
        "bool",
        "Converged before the region's other tenants; where it fails, these are left as they are.",
        default=False,
    ),
    Field(
        "odoo_start_slots",
        "int",
        "Tenants of a Docker host whose containers may be started at a time; the same for all of a host.",
        default=4,
        rule=rules.between(1, 64),
    ),
    Field(
        "odoo_drain_timeout",
        "int",
        "Seconds a replaced container may finish its requests.",
        default=30,
        rule=rules.between(1, 600),
    ),
)

SECRETS = (
    Field("odoo_secret_source", "str", "Where secrets come from.", default="file", choices=("file", "env")),
    Field("odoo_secret_path", "str", "Directory of the secrets of source file."),
    Field("odoo_secret_generate", "bool", "Make missing secrets; for inventories used in tests alone.", default=False),
)
