# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One Odoo process on a restored database, alone in a network: what a drill tries a release with."""

from __future__ import annotations

import dataclasses
import typing as t

from . import odoo_conf
from .containers import LABEL, LOG, ODOO_UID
from .odoo_conf import CA_FILE, HTTP_PORT, STORAGE_CODE, File, sections

if t.TYPE_CHECKING:
    from .._model.tenant import Tenant

MEMORY = 1536 * 1024**2


@dataclasses.dataclass(frozen=True)
class Trial:
    """Where the restored database is and where the process gets its place.

    ``access_key`` and ``secret_key`` may read the tenant's files and write nothing.
    """

    host: str
    port: int
    password: str = dataclasses.field(repr=False)
    access_key: str
    secret_key: str = dataclasses.field(repr=False)
    network: str
    address: str


def name(tenant: Tenant) -> str:
    return f"{tenant.region}-{tenant.tenant}-trial"


def directory(tenant: Tenant) -> str:
    return f"{tenant.config_path}/.{name(tenant)}"


def files(tenant: Tenant, trial: Trial, *, ca: str, master: str) -> tuple[File, ...]:
    """As a web container of the tenant has them, but for database, sessions, mail, queue and scheduled actions."""
    options = {
        **odoo_conf.SINGLE,
        "db_host": trial.host,
        "db_maxconn": 16,
        "db_name": tenant.database,
        "db_port": trial.port,
        "db_user": tenant.database_user,
        "http_interface": "0.0.0.0",  # nothing else is attached to the network
        "http_port": HTTP_PORT,
        # Nobody takes mail there.
        "smtp_port": 9,
        "smtp_server": "127.0.0.1",
        **tenant.config,
    }
    keys = {"ODOO_S3_KEY": trial.access_key, "ODOO_S3_SECRET": trial.secret_key}
    secret = {"admin_passwd": master, "db_password": trial.password}
    return (
        File("plain/odoo.conf", sections({"options": options})),
        File("plain/server_env.conf", sections({f"fs_storage.{STORAGE_CODE}": odoo_conf.storage(tenant)})),
        File(f"plain/{CA_FILE.rpartition('/')[2]}", ca),
        File("secret/odoo.conf", sections({"options": secret}), secret=True),
        File("secret/server_env.conf", sections({"environment": keys}), secret=True),
    )


def body(tenant: Tenant) -> dict[str, t.Any]:
    """Create request of the container; it is not started again when it ends."""
    path = directory(tenant)
    return {
        "Image": tenant.image,
        "User": f"{ODOO_UID}:{ODOO_UID}",
        "Labels": {f"{LABEL}region": tenant.region, f"{LABEL}component": "trial"},
        "HostConfig": {
            "Binds": [f"{path}/plain:/etc/odoo:ro", f"{path}/secret:/run/secrets:ro"],
            "CapDrop": ["ALL"],
            "LogConfig": LOG,
            "Memory": MEMORY,
            "MemorySwap": MEMORY,
            "PidsLimit": 512,
            "ReadonlyRootfs": True,
            "RestartPolicy": {"Name": "no"},
            "SecurityOpt": ["no-new-privileges"],
            "Tmpfs": {
                "/tmp": "rw,nosuid,nodev,size=256m,mode=1777",  # a path inside the container
                "/run/odoo": f"rw,nosuid,nodev,noexec,size=64m,mode=0700,uid={ODOO_UID},gid={ODOO_UID}",
            },
        },
    }
