# Copyright (c) 2026, SysGenPro
# GNU Lesser General Public License v3.0+ (see LICENSES/LGPL-3.0-or-later.txt or https://www.gnu.org/licenses/lgpl-3.0.txt)
# SPDX-License-Identifier: LGPL-3.0-or-later
{
    "name": "Bus and cron notifications in the tenant's own database",
    "summary": "Sends Odoo's connections to the database `postgres` to the one database this process serves",
    "version": "19.0.1.0.0",
    "author": "SysGenPro",
    "license": "LGPL-3",
    "category": "Technical",
    "depends": ["base"],
    "post_load": "post_load",
    "installable": True,
}
