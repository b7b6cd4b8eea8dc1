# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who the tenant is, where it lives and under which names it is reached."""

from __future__ import annotations

from .. import classification, rules
from .field import Field

ENVIRONMENTS = ("dev", "qa", "uat", "training", "staging", "production")
TIERS = ("standard", "premium", "enterprise")

IDENTITY = (
    Field("odoo_tenant", "str", "Name of the tenant; the inventory host's name where unset.", rule=rules.tenant_name),
    Field(
        "odoo_region",
        "str",
        "Region the tenant lives in.",
        required=True,
        rule=rules.matches(r"[a-z][a-z0-9-]{0,30}", "a-z, 0-9 and -"),
    ),
    Field("odoo_environment", "str", "Environment of the tenant.", required=True, choices=ENVIRONMENTS),
    Field("odoo_tier", "str", "Tier, an entry of the tier catalogue.", required=True, choices=TIERS),
    Field(
        "odoo_hosting_model",
        "str",
        "Whether platform services are shared with other tenants.",
        default="shared",
        choices=("shared", "dedicated"),
    ),
    Field(
        "odoo_runtime",
        "str",
        "Runtime that runs the tenant's containers.",
        default="docker",
        choices=("docker", "kubernetes"),
    ),
    Field("odoo_place", "str", "Inventory name of the runtime host or cluster the tenant lives on.", required=True),
    Field(
        "odoo_classification",
        "dict",
        "What is known of the workload: transactions_per_hour, peak_concurrency, integrations, customisation (low, medium, high), "
        "compliance (a list of words), recovery_point_objective and recovery_time_objective (seconds), budget (of a month), "
        "database_gb, attachments_gb, peak_factor. Placement and residency read it.",
        default={},
        rule=classification.rule,
    ),
)

ROUTES = (
    Field("odoo_host", "str", "DNS name that shoppers and staff use.", required=True, rule=rules.host_name),
    Field(
        "odoo_integration_host",
        "str",
        "DNS name of the integration path; C(integration.<odoo_host>) where unset.",
        rule=rules.host_name,
    ),
    Field(
        "odoo_integration_allowlist",
        "list",
        "Networks that may call XML-RPC, JSON-RPC and JSON-2 on the integration path; nobody where empty.",
        default=(),
        elements="str",
        rule=rules.every(rules.network),
    ),
    Field(
        "odoo_certificate_provider",
        "str",
        "Who issues the certificate of the tenant's names; C(provided) reads the secrets C(tls_certificate) and C(tls_private_key).",
        default="local_ca",
        choices=("local_ca", "provided"),
    ),
    Field(
        "odoo_traefik_dynamic_path",
        "str",
        "Directory Traefik watches on the runtime host; required where odoo_runtime is C(docker).",
        rule=rules.absolute_path,
    ),
    Field(
        "odoo_traefik_api", "str", "Address of Traefik's own API on the runtime host.", default="http://127.0.0.1:8099"
    ),
)
