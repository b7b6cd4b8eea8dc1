# Copyright (c) 2026, SysGenPro
# GNU Lesser General Public License v3.0+ (see LICENSES/LGPL-3.0-or-later.txt or https://www.gnu.org/licenses/lgpl-3.0.txt)
# SPDX-License-Identifier: LGPL-3.0-or-later
from __future__ import annotations

import sys

EX_CONFIG = 78  # sysexits.h


def post_load() -> None:
    """Put the Redis store in the place of the file store; end the process where that is impossible.

    Odoo only logs an exception raised while a server-wide module loads, and would go on with sessions in files.
    """
    from odoo.tools import config

    from .settings import SettingsError, load

    try:
        settings = load(config["config"])
        from .store import install
    except (SettingsError, ImportError) as err:
        sys.stderr.write(f"sysgenpro_session_redis: {err}\n")
        raise SystemExit(EX_CONFIG) from err
    install(settings)
