# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps of odoo-template inside `odoo shell`."""

import json

STORAGE_CODE = "attachments"
HEALTH_LOGIN = "health@sysgenpro.invalid"


def prepare(env, country: str) -> None:
    """Keep attachments in the database from here on, and move there what installing base wrote to files."""
    env["ir.config_parameter"].set_param("ir_attachment.location", "db")
    env["ir.attachment"].force_storage()
    if country:
        found = env["res.country"].search([("code", "=", country.upper())])
        if not found:
            raise SystemExit(f"no country has the code {country}")
        env.company.country_id = found
    env.cr.commit()


def finish(env, modules: list) -> None:
    """Make the storage whose settings come from outside at run time; check what a clone relies on."""
    storage = env["fs.storage"].search([("code", "=", STORAGE_CODE)])
    if not storage:
        storage = env["fs.storage"].create({"name": "Attachments", "code": STORAGE_CODE, "protocol": "s3"})
    if not env["res.users"].search([("login", "=", HEALTH_LOGIN)]):
        # Has no password and no key: every clone gives it its own.
        groups = env.ref("base.group_user") | env.ref("base.group_partner_manager")
        user = {"name": "Health check", "login": HEALTH_LOGIN, "email": HEALTH_LOGIN, "group_ids": [(6, 0, groups.ids)]}
        env["res.users"].with_context(no_reset_password=True).create(user)
    bundles(env)
    env["ir.attachment"].force_storage()
    env.flush_all()
    problems = list(_problems(env, modules, storage))
    if problems:
        raise SystemExit("template is not usable: " + "; ".join(problems))
    env.cr.commit()
    env.cr.execute("SELECT count(*), coalesce(sum(file_size), 0) FROM ir_attachment WHERE type = 'binary'")
    count, size = env.cr.fetchone()
    print(json.dumps({"attachments": count, "bytes": int(size), "storage": STORAGE_CODE, "modules": len(modules)}))


def bundles(env) -> None:
    """Make the scripts and styles of the login page and the web client once, and not for the first person of each clone."""
    for name in ("web.assets_frontend_minimal", "web.assets_frontend_lazy", "web.assets_web"):
        env["ir.qweb"]._get_asset_bundle(name, css=False, js=True).js()
    for name in ("web.assets_frontend", "web.assets_web"):
        env["ir.qweb"]._get_asset_bundle(name, css=True, js=False).css()


def _problems(env, modules: list, storage):
    env.cr.execute("SELECT id, name FROM ir_attachment WHERE store_fname IS NOT NULL ORDER BY id LIMIT 5")
    for attachment_id, name in env.cr.fetchall():
        yield f"attachment {attachment_id} ({name}) is in a file"
    env.cr.execute("SELECT name FROM ir_module_module WHERE name = ANY(%s) AND state = 'installed'", [modules])
    missing = sorted(set(modules) - {name for (name,) in env.cr.fetchall()})
    if missing:
        yield f"not installed: {', '.join(missing)}"
    env.cr.execute("SELECT name FROM ir_module_module WHERE state LIKE 'to %'")
    if env.cr.rowcount:
        yield f"waiting for installation: {', '.join(name for (name,) in env.cr.fetchall())}"
    env.cr.execute("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")
    if not env.cr.rowcount:
        yield "the extension pg_trgm is missing (create it with the database, before base is installed)"
    if storage.use_as_default_for_attachments:
        yield "fs.storage is the default already: a template is built without server_env.conf"
