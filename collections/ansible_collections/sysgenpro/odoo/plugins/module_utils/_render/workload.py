# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a workload is the same on every runtime: its arguments, and how it shows that it is ready."""

from __future__ import annotations

import dataclasses
import typing as t

from .odoo_conf import GEVENT_PORT, HTTP_PORT

if t.TYPE_CHECKING:
    from .._model.capacity import Workload


@dataclasses.dataclass(frozen=True)
class Probe:
    """How a workload shows that it is ready: HTTP paths that answer 200 on its own address."""

    port: int
    paths: tuple[str, ...]


def command(workload: Workload) -> list[str]:
    """Arguments of the image's entrypoint; everything else stands in odoo.conf."""
    return ["gevent"] if workload.name == "websocket" else []


def probe(workload: Workload) -> Probe:
    if workload.name == "websocket":
        return Probe(GEVENT_PORT, ("/websocket/health",))
    # The second path loads the registry, so that the first shopper does not wait for it.
    return Probe(HTTP_PORT, ("/web/health", "/web/login") if workload.name == "web" else ("/web/health",))
