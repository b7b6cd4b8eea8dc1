# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""odoo.conf of a workload, as a plain and a secret fragment."""

from __future__ import annotations

import dataclasses
import json
import typing as t

if t.TYPE_CHECKING:
    from .._model.capacity import Workload
    from .._model.secrets import Secrets
    from .._model.tenant import Tenant

#: Where the image keeps add-ons: Odoo's own, those of PyPI, ours, and those of odoo_addons.
ADDONS_PATH = "/usr/lib/python3/dist-packages/odoo/addons,/opt/odoo/oca,/opt/odoo/addons,/opt/odoo/extra"
HTTP_PORT = 8069
GEVENT_PORT = 8072
CA_FILE = "/etc/odoo/ca.crt"
#: Seconds after which the next proxy is tried, and after which one that stopped answering is given up.
CONNECT_SECONDS = 3
SILENT_SECONDS = 15
SERVICE = "odoo"
#: What libpq reads beside odoo.conf, which has no options for these.
LIBPQ = {"PGSERVICE": SERVICE, "PGSERVICEFILE": "/etc/odoo/pg_service.conf"}
STORAGE_CODE = "attachments"


@dataclasses.dataclass(frozen=True)
class File:
    """A file of a workload. ``content`` of a secret one is in no diff, no result and no repr."""

    path: str
    content: str = dataclasses.field(repr=False)
    secret: bool = False


def files(tenant: Tenant, workload: Workload, secrets: Secrets, ca: str) -> tuple[File, ...]:
    """Everything a container of ``workload`` reads: paths are relative, ``plain/`` becomes /etc/odoo, ``secret/`` /run/secrets."""
    return (
        File("plain/odoo.conf", sections(_plain(tenant, workload))),
        File("plain/server_env.conf", sections({f"fs_storage.{STORAGE_CODE}": storage(tenant)})),
        File("plain/pg_service.conf", _service()),
        File("plain/ca.crt", ca),
        File("secret/odoo.conf", sections(_secret(secrets)), secret=True),
        File("secret/server_env.conf", sections({"environment": _environment(secrets)}), secret=True),
    )


#: What a single process without sessions in Redis, mail, queue and scheduled actions has.
SINGLE: t.Mapping[str, t.Any] = {
    "addons_path": ADDONS_PATH,
    "data_dir": "/run/odoo/data",
    "db_sslmode": "verify-full",
    "list_db": False,
    "max_cron_threads": 0,
    "server_wide_modules": "base,rpc,web,sysgenpro_tenant_bus",
    "workers": 0,
}


def one_off_files(tenant: Tenant, *, database: str, user: str, password: str, ca: str) -> tuple[File, ...]:
    """Configuration of a container that runs one Odoo command against ``database`` and needs neither sessions nor storage."""
    options = {
        **SINGLE,
        "db_host": tenant.postgresql.host,
        "db_maxconn": 8,
        "db_name": database,
        "db_port": tenant.postgresql.primary_port,
        "db_user": user,
        "http_enable": False,
        "http_interface": "127.0.0.1",
    }
    return (
        File("plain/odoo.conf", sections({"options": options})),
        File("plain/ca.crt", ca),
        File("secret/odoo.conf", sections({"options": {"db_password": password}}), secret=True),
    )


def _plain(tenant: Tenant, workload: Workload) -> dict[str, dict[str, t.Any]]:
    queue = runs_queue(tenant, workload)
    modules = [
        "base",
        "rpc",
        "web",
        "sysgenpro_tenant_bus",
        "sysgenpro_session_redis",
        *(["queue_job"] if queue else []),
    ]
    options = {
        "addons_path": ADDONS_PATH,
        "data_dir": "/run/odoo/data",
        "db_host": tenant.postgresql.host,
        "db_port": tenant.postgresql.port,
        "db_sslmode": "verify-full",
        "db_name": tenant.database,
        "db_user": tenant.database_user,
        "db_maxconn": db_maxconn(tenant, workload),
        "db_maxconn_gevent": tenant.db_maxconn_gevent,
        "gevent_port": GEVENT_PORT,
        "http_interface": "0.0.0.0",  # the tenant's own bridge, nothing else is attached
        "http_port": HTTP_PORT,
        "list_db": False,
        "max_cron_threads": workload.cron_threads,
        "proxy_mode": True,
        "server_wide_modules": ",".join(modules),
        "smtp_port": tenant.smtp_port,
        "smtp_server": tenant.smtp_host,
        "workers": workload.workers,
        **_replica(tenant),
        **tenant.config,
    }
    session = {
        "host": tenant.redis.host,
        "port": tenant.redis.port,
        "username": tenant.tenant,
        "ca_file": CA_FILE,
        "prefix": tenant.redis_prefix,
    }
    sections: dict[str, dict[str, t.Any]] = {"options": options, "session_redis": session}
    if queue:
        capacity = tenant.queue_workers if tenant.packing == "separate" else 1
        sections["queue_job"] = {
            "channels": f"root:{capacity}",
            "scheme": "http",
            "host": "127.0.0.1",
            "port": HTTP_PORT,
        }
    return sections


def _replica(tenant: Tenant) -> dict[str, t.Any]:
    """Where requests that only read go, as the same role; not through PgBouncer, which leads to the primary."""
    if not tenant.database_replica:
        return {}
    return {"db_replica_host": tenant.postgresql.host, "db_replica_port": tenant.postgresql.replica_port}


def _service() -> str:
    """libpq's own defaults for every connection; what Odoo names itself wins.

    connect_timeout passes over a proxy that accepts and says nothing; tcp_user_timeout ends what waits for a machine that
    is gone, also while it connects.
    """
    values = {
        "connect_timeout": CONNECT_SECONDS,
        "keepalives_count": 3,
        "keepalives_idle": 30,
        "keepalives_interval": 5,
        "tcp_user_timeout": SILENT_SECONDS * 1000,
    }
    # No spaces: libpq takes them for a part of the value.
    return "".join([f"[{SERVICE}]\n", *(f"{name}={value}\n" for name, value in sorted(values.items()))])


def runs_queue(tenant: Tenant, workload: Workload) -> bool:
    """Whether the workload runs queue jobs: wherever queue_job is server-wide, a runner starts."""
    return workload.name == "queue" or tenant.packing == "compact"


def db_maxconn(tenant: Tenant, workload: Workload) -> int:
    """Pool of one process: threads share one, so a compact tenant and a cron process need more than a worker."""
    if workload.workers or workload.name == "websocket":
        return tenant.db_maxconn
    return workload.connections


def _secret(secrets: Secrets) -> dict[str, dict[str, t.Any]]:
    return {
        "options": {"admin_passwd": secrets.master, "db_password": secrets.database},
        "session_redis": {"password": secrets.redis},
    }


def storage(tenant: Tenant) -> dict[str, t.Any]:
    """Settings of the fs.storage record, read by server_environment; keys come from variables, see _environment."""
    options = {
        "endpoint_url": tenant.object_store["endpoint"],
        "key": "$ODOO_S3_KEY",
        "secret": "$ODOO_S3_SECRET",
        "client_kwargs": {"region_name": tenant.object_store.get("region", "us-east-1"), "verify": CA_FILE},
        "config_kwargs": {
            "s3": {"addressing_style": "path"},
            "connect_timeout": 5,
            "read_timeout": 60,
            "retries": {"max_attempts": 3, "mode": "standard"},
        },
    }
    return {
        "protocol": "s3",
        "options": json.dumps(options, sort_keys=True).replace("%", "%%"),
        "eval_options_from_env": True,
        "directory_path": tenant.bucket,
        "check_connection_method": "ls",
        "use_as_default_for_attachments": True,
        # What a page needs at once stays in the database: scripts and styles of any size, images below 50 KiB.
        "force_db_for_default_attachment_rules": json.dumps(
            {"image/": 51200, "application/javascript": 0, "text/css": 0}
        ),
        "optimizes_directory_path": True,
        "autovacuum_gc": True,
    }


def _environment(secrets: Secrets) -> dict[str, str]:
    """Variables the entrypoint sets inside the container, where docker inspect does not see them.

    Odoo shows the options of a storage to its administrators; a name in their place is resolved when it connects.
    """
    return {"ODOO_S3_KEY": secrets.s3_access_key, "ODOO_S3_SECRET": secrets.s3_secret_key}


def sections(sections: t.Mapping[str, t.Mapping[str, t.Any]]) -> str:
    """INI text with sections and keys in a stable order."""
    blocks = []
    for name in sorted(sections):
        lines = [f"{key} = {value}" for key, value in sorted(sections[name].items())]
        blocks.append("\n".join([f"[{name}]", *lines]) + "\n")
    return "\n".join(blocks)
