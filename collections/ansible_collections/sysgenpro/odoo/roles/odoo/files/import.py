# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In Odoo's shell on an adopted database that has the platform's modules: its storage, the user of health checks, its files.

``env`` is the shell's. The storage's settings come from outside at run time; attachments go from the database into it.
"""

from __future__ import annotations

import importlib.util

env = globals()["env"]
spec = importlib.util.spec_from_file_location("template_steps", "/opt/odoo/template.py")
template = importlib.util.module_from_spec(spec)
spec.loader.exec_module(template)

storage = env["fs.storage"].search([("code", "=", template.STORAGE_CODE)])
if not storage:
    values = {"name": "Attachments", "code": template.STORAGE_CODE, "protocol": "s3"}
    env["fs.storage"].create(values)
users = env["res.users"].with_context(active_test=False, no_reset_password=True)
if not users.search([("login", "=", template.HEALTH_LOGIN)]):
    groups = env.ref("base.group_user") | env.ref("base.group_partner_manager")
    login = template.HEALTH_LOGIN
    users.create({"name": "Health check", "login": login, "email": login, "group_ids": [(6, 0, groups.ids)]})
env.cr.commit()
env["ir.attachment"].force_storage()
env.flush_all()
env.cr.execute(
    "SELECT count(*) FILTER (WHERE store_fname IS NOT NULL), count(*) FROM ir_attachment WHERE type = 'binary'"
)
outside, count = env.cr.fetchone()
print(f"{outside} of {count} attachments are in object storage")
