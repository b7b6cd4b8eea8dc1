# Copyright (c) 2026, SysGenPro
# GNU Lesser General Public License v3.0+ (see LICENSES/LGPL-3.0-or-later.txt or https://www.gnu.org/licenses/lgpl-3.0.txt)
# SPDX-License-Identifier: LGPL-3.0-or-later
from __future__ import annotations

import logging

_logger = logging.getLogger(__name__)


def post_load() -> None:
    """Redirect, or end the process. Imports late: the module may only be imported once Odoo's own are."""
    from .redirect import install, target

    database = target()
    install()
    if database:
        _logger.info("Connections to the database postgres go to %s", database)
