# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an export runs. On Docker it ends in a directory of the host; on a cluster no host is the tenant's, and what the Job wrote
goes through the tenant's own bucket, which it may write already, to where it is wanted.
"""

from __future__ import annotations

import typing as t

from .odoo_conf import STORAGE_CODE, File

if t.TYPE_CHECKING:
    from .._model.tenant import Tenant

#: Written last: a directory without it is not a complete export.
SUMS = "SHA256SUMS"
#: Keys of the bucket below which an export lies on its way.
PREFIX = "export"
_SCRIPT = "upload.py"
_UPLOAD = f"""
import pathlib, shutil
store, out = env["fs.storage"].get_fs_by_code("{STORAGE_CODE}"), pathlib.Path("/out")
for path in sorted((path for path in out.rglob("*") if path.is_file()), key=lambda path: path.name == "{SUMS}"):
    with path.open("rb") as source, store.open(f"{PREFIX}/{{path.relative_to(out)}}", "wb") as target:
        shutil.copyfileobj(source, target, 1 << 20)
"""


def argv(tenant: Tenant) -> tuple[str, ...]:
    program = "/usr/local/bin/odoo-export"
    if tenant.runtime == "docker":
        return (program, tenant.database)
    # The database's name is an argument and never part of the shell's text.
    return ("/bin/sh", "-ec", f'{program} "$1"; exec odoo shell </etc/odoo/{_SCRIPT}', "export", tenant.database)


def files(tenant: Tenant) -> tuple[File, ...]:
    """What the program reads beside the files of a workload."""
    return () if tenant.runtime == "docker" else (File(f"plain/{_SCRIPT}", _UPLOAD),)
