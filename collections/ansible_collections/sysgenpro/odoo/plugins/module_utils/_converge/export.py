# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write a tenant's database and attachments to a directory, with checksums."""

from __future__ import annotations

import hashlib
import os
import tarfile
import typing as t
from pathlib import Path

from .._adapters import files
from .._adapters.s3_objects import Objects
from .._model.capacity import workloads
from .._render import export as render
from .._render import odoo_conf
from .._render.containers import LABEL, ODOO_UID
from .._render.export import SUMS
from .._support.errors import OdooError
from .one_off import OneOff

if t.TYPE_CHECKING:
    from .._model.secrets import Secrets
    from .._model.tenant import Tenant
    from .one_off import Runner


def export(jobs: Runner, tenant: Tenant, secrets: Secrets, path: str) -> dict[str, t.Any]:
    """Export into ``path``, which must not exist or be an export that was not finished.

    :returns: path, number of files and bytes, all checksums verified from outside of what made them.
    :raises OdooError: when the export fails or a file does not have its checksum.
    """
    ca = files.read(tenant.ca_file)
    if ca is None:
        raise OdooError(f"The region's CA is not at {tenant.ca_file}", hint="Run the role docker_host on this host")
    target = Path(path)
    if not (target / SUMS).exists():
        files.remove(path)
        target.mkdir(mode=0o700, parents=True)
        if tenant.runtime == "docker":
            os.chown(path, ODOO_UID, ODOO_UID)
        name = f"{tenant.tenant}-export"
        job = OneOff(
            name=name,
            image=tenant.image,
            argv=render.argv(tenant),
            directory=f"{tenant.config_path}/.{name}",
            files=(*odoo_conf.files(tenant, workloads(tenant)[0], secrets, ca), *render.files(tenant)),
            labels={f"{LABEL}region": tenant.region, f"{LABEL}component": "export"},
            writable=path,
        )
        jobs.run_once(job)
        if tenant.runtime == "kubernetes":
            _fetch(tenant, secrets, target)
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


def _fetch(tenant: Tenant, secrets: Secrets, target: Path) -> None:
    """Move what the Job put into the bucket to ``target``, the list of checksums last."""
    objects = Objects(
        tenant.object_store["endpoint"],
        tenant.bucket,
        region=tenant.object_store.get("region", "us-east-1"),
        access_key=secrets.s3_access_key,
        secret_key=secrets.s3_secret_key,
        ca_file=tenant.ca_file,
    )
    draft = target / f".{SUMS}"
    objects.fetch(f"{render.PREFIX}/{SUMS}", draft)
    names = [name for _checksum, name in _listed(draft.read_text(encoding="utf-8"))]
    for name in names:
        objects.fetch(f"{render.PREFIX}/{name}", target / name)
    draft.rename(target / SUMS)
    for name in (SUMS, *names):
        objects.remove(f"{render.PREFIX}/{name}")


def _listed(text: str) -> list[tuple[str, str]]:
    """Checksums and names, relative and without a way out of the directory."""
    found = [(checksum, name) for checksum, _space, name in (line.partition("  ") for line in text.splitlines())]
    for _checksum, name in found:
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise OdooError(f"{SUMS} names {name}, which is not in the export", hint="Look at who writes the bucket")
    return found


def _verified(target: Path) -> dict[str, int]:
    text = files.read(str(target / SUMS))
    if not text or " database.dump" not in text:
        raise OdooError(f"The export at {target} is not complete", hint="Remove the directory and run again")
    count = size = 0
    for checksum, name in _listed(text):
        content = (target / name).read_bytes()
        if hashlib.sha256(content).hexdigest() != checksum:
            raise OdooError(
                f"{target / name} does not have the checksum in {SUMS}", hint="Remove the directory and run again"
            )
        count, size = count + 1, size + len(content)
    return {"files": count, "bytes": size}
