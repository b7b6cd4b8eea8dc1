# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the tenant's data is."""

from __future__ import annotations

from .. import rules
from .field import Field

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
        "Clusters of the region: host (one or several), port, primary_port, replica_port, max_connections, reserved_connections, "
        "and storage_gb, the disk for databases, which placement counts.",
        required=True,
    ),
    Field("odoo_redis_instance", "str", "Key of odoo_redis_instances.", default="shared"),
    Field("odoo_redis_instances", "dict", "Redis services of the region: host, port.", required=True),
    Field("odoo_object_store", "dict", "Object storage of the region: endpoint, region, storage_gb.", required=True),
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
