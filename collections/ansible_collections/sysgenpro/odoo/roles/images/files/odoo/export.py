# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps of odoo-export inside `odoo shell`: copy the attachments a database names out of object storage."""

import json
from pathlib import Path


def copy_attachments(env, target: str) -> None:
    """Write every stored attachment below ``target`` under its name in the store; fail on the first that is missing."""
    env.cr.execute("SELECT id, store_fname FROM ir_attachment WHERE store_fname IS NOT NULL ORDER BY id")
    rows = env.cr.fetchall()
    root, size = Path(target), 0
    for attachment_id, name in rows:
        content = env["ir.attachment"].browse(attachment_id).raw
        if content is None:
            raise SystemExit(f"attachment {attachment_id} ({name}) cannot be read from object storage")
        path = root / name.split("://", 1)[-1]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        size += len(content)
    print(json.dumps({"attachments": len(rows), "bytes": size}))
