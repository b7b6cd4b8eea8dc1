# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The field table: the only schema of a tenant.

Argument specifications, documentation fragments and the variable table are generated from it.
"""

from __future__ import annotations

import dataclasses
import typing as t

from . import rules


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
        "Directory Traefik watches on the runtime host.",
        required=True,
        rule=rules.absolute_path,
    ),
    Field(
        "odoo_traefik_api", "str", "Address of Traefik's own API on the runtime host.", default="http://127.0.0.1:8099"
    ),
)

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

DATA = (
    Field("odoo_database", "str", "Name of the database; the tenant's name where unset.", rule=rules.database_name),
    Field(
        "odoo_database_user",
        "str",
        "Login role of the tenant; the tenant's name where unset.",
        rule=rules.role_name,
    ),
    Field(
        "odoo_database_initialise",
        "str",
        "How a missing database comes to be.",
        default="clone",
        choices=("clone", "init"),
    ),
    Field(
        "odoo_database_replica",
        "bool",
        "Whether Odoo reads from a replica where a request only reads; needs the cluster's replica_port.",
        default=False,
    ),
    Field(
        "odoo_reporting_connections",
        "int",
        "Connections of the reporting role, which reads the database on a replica.",
        default=4,
        rule=rules.between(1, 64),
    ),
    Field("odoo_postgresql_cluster", "str", "Key of odoo_postgresql_clusters.", default="shared"),
    Field(
        "odoo_postgresql_clusters",
        "dict",
        "Clusters of the region: host (one or several), port, primary_port, replica_port, max_connections, reserved_connections.",
        required=True,
    ),
    Field("odoo_redis_instance", "str", "Key of odoo_redis_instances.", default="shared"),
    Field("odoo_redis_instances", "dict", "Redis services of the region: host, port.", required=True),
    Field("odoo_object_store", "dict", "Object storage of the region: endpoint, region.", required=True),
    Field(
        "odoo_bucket",
        "str",
        "Bucket of the attachments; region and tenant name where unset.",
        rule=rules.matches(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", "3 to 63 of a-z, 0-9 and -"),
    ),
    Field(
        "odoo_bucket_noncurrent_days",
        "int",
        "Days for which deleted and replaced attachments stay as older versions; longer than recovery points are used.",
        default=45,
        rule=rules.between(1, 3650),
    ),
    Field(
        "odoo_ca_file",
        "str",
        "CA of the region on the runtime host.",
        default="/etc/sysgenpro/ca.crt",
        rule=rules.absolute_path,
    ),
)

WORKLOADS = (
    Field(
        "odoo_packing",
        "str",
        "Four workloads in containers of their own, or one threaded process.",
        default="separate",
        choices=("separate", "compact"),
    ),
    Field("odoo_web_replicas", "int", "Web containers.", default=2, rule=rules.between(1, 6)),
    Field("odoo_web_workers", "int", "Worker processes in each web container.", default=2, rule=rules.between(1, 32)),
    Field("odoo_websocket_replicas", "int", "Websocket containers.", default=1, rule=rules.between(1, 2)),
    Field("odoo_cron_threads", "int", "Scheduled actions run at a time.", default=2, rule=rules.between(1, 16)),
    Field("odoo_queue_workers", "int", "Queue jobs run at a time.", default=2, rule=rules.between(1, 32)),
    Field("odoo_db_maxconn", "int", "Connections a worker process may hold.", default=4, rule=rules.between(2, 64)),
    Field(
        "odoo_db_maxconn_gevent",
        "int",
        "Connections a websocket process may hold.",
        default=8,
        rule=rules.between(2, 64),
    ),
    Field(
        "odoo_web_memory_mb",
        "int",
        "Memory limit of a web container in MiB.",
        default=1024,
        rule=rules.between(384, 65536),
    ),
    Field(
        "odoo_websocket_memory_mb",
        "int",
        "Memory limit of a websocket container in MiB.",
        default=512,
        rule=rules.between(256, 16384),
    ),
    Field(
        "odoo_cron_memory_mb",
        "int",
        "Memory limit of the cron container in MiB.",
        default=768,
        rule=rules.between(256, 65536),
    ),
    Field(
        "odoo_queue_memory_mb",
        "int",
        "Memory limit of the queue container in MiB.",
        default=1024,
        rule=rules.between(384, 65536),
    ),
    Field(
        "odoo_compact_memory_mb",
        "int",
        "Memory limit of a compact tenant's container in MiB.",
        default=768,
        rule=rules.between(384, 65536),
    ),
    Field("odoo_cpus", "float", "Processors each container may use at most.", default=2.0),
)

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

FIELDS: tuple[Field, ...] = IDENTITY + ROUTES + SOFTWARE + DATA + WORKLOADS + MAIL + RECOVERY + OPERATION + SECRETS
BY_NAME = {field.name: field for field in FIELDS}
