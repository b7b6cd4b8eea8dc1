# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write a tenant's database and attachments to a directory of the host, with checksums."""

from __future__ import annotations

import hashlib
import os
import tarfile
import typing as t
from pathlib import Path

from .._adapters import files
from .._model.capacity import workloads
from .._render import odoo_conf
from .._render.containers import LABEL, ODOO_UID
from .._support.errors import OdooError
from .one_off import OneOff, run_once

if t.TYPE_CHECKING:
    from .._adapters.docker_engine import DockerEngine
    from .._model.secrets import Secrets
    from .._model.tenant import Tenant

#: Written last: a directory without it is not a complete export.
SUMS = "SHA256SUMS"


def export(engine: DockerEngine, tenant: Tenant, secrets: Secrets, path: str) -> dict[str, t.Any]:
    """Export into ``path``, which must not exist or be an export that was not finished.

    :returns: path, number of files and bytes, all checksums verified from outside the container.
    :raises OdooError: when the export fails or a file does not have its checksum.
    """
    ca = files.read(tenant.ca_file)
    if ca is None:
        raise OdooError(f"The region's CA is not at {tenant.ca_file}", hint="Run the role docker_host on this host")
    target = Path(path)
    if not (target / SUMS).exists():
        files.remove(path)
        target.mkdir(mode=0o700, parents=True)
        os.chown(path, ODOO_UID, ODOO_UID)
        name = f"{tenant.tenant}-export"
        job = OneOff(
            name=name,
            image=tenant.image,
            argv=("/usr/local/bin/odoo-export", tenant.database),
            directory=f"{tenant.config_path}/.{name}",
            files=odoo_conf.files(tenant, workloads(tenant)[0], secrets, ca),
            labels={f"{LABEL}region": tenant.region, f"{LABEL}component": "export"},
            writable=path,
        )
        run_once(engine, job)
    return {"path": path, **_verified(target)}


def archive(path: str) -> str:
    """The finished export at ``path`` as one file beside it, readable by root alone; made once and never left half-full."""
    target = Path(f"{path}.tar.gz")
    if not target.exists():
        draft = target.with_name(f".{target.name}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file, tarfile.open(fileobj=file, mode="w:gz", compresslevel=1) as tar:
            tar.add(path, arcname=Path(path).name)
        os.replace(draft, target)
    return str(target)


def _verified(target: Path) -> dict[str, int]:
    text = files.read(str(target / SUMS))
    if not text or " database.dump" not in text:
        raise OdooError(f"The export at {target} is not complete", hint="Remove the directory and run again")
    count = size = 0
    for line in text.splitlines():
        checksum, name = line.split("  ", 1)
        content = (target / name).read_bytes()
        if hashlib.sha256(content).hexdigest() != checksum:
            raise OdooError(
                f"{target / name} does not have the checksum in {SUMS}", hint="Remove the directory and run again"
            )
        count, size = count + 1, size + len(content)
    return {"files": count, "bytes": size}
