# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In Odoo's shell on an adopted database that has the platform's modules: its storage, the user of health checks, its files.

``env`` is the shell's. The storage's settings come from outside at run time; attachments go from the database into it.
"""

from __future__ import annotations

import importlib.util

spec = importlib.util.spec_from_file_location("template_steps", "/opt/odoo/template.py")
template = importlib.util.module_from_spec(spec)
spec.loader.exec_module(template)

storage = env["fs.storage"].search([("code", "=", template.STORAGE_CODE)])  # noqa: F821  # the shell's
if not storage:
    values = {"name": "Attachments", "code": template.STORAGE_CODE, "protocol": "s3"}
    env["fs.storage"].create(values)  # noqa: F821
users = env["res.users"].with_context(active_test=False, no_reset_password=True)  # noqa: F821
if not users.search([("login", "=", template.HEALTH_LOGIN)]):
    groups = env.ref("base.group_user") | env.ref("base.group_partner_manager")  # noqa: F821
    login = template.HEALTH_LOGIN
    users.create({"name": "Health check", "login": login, "email": login, "group_ids": [(6, 0, groups.ids)]})
env.cr.commit()  # noqa: F821
env["ir.attachment"].force_storage()  # noqa: F821
env.flush_all()  # noqa: F821
env.cr.execute(  # noqa: F821
    "SELECT count(*) FILTER (WHERE store_fname IS NOT NULL), count(*) FROM ir_attachment WHERE type = 'binary'"
)
outside, count = env.cr.fetchone()  # noqa: F821
print(f"{outside} of {count} attachments are in object storage")
