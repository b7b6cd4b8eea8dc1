# Copyright (c) 2026, SysGenPro
# GNU Lesser General Public License v3.0+ (see LICENSES/LGPL-3.0-or-later.txt or https://www.gnu.org/licenses/lgpl-3.0.txt)
# SPDX-License-Identifier: LGPL-3.0-or-later
{
    "name": "HTTP sessions in Redis",
    "summary": "Keeps sessions in Redis over TLS, under a user that can neither list nor scan keys",
    "version": "19.0.1.0.0",
    "author": "SysGenPro",
    "license": "LGPL-3",
    "category": "Technical",
    "depends": ["web"],
    "external_dependencies": {"python": ["redis"]},
    "post_load": "post_load",
    "installable": True,
}
