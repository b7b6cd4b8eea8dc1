# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a runtime host remembers of a tenant's sleep, beside the tenant's files."""

from __future__ import annotations

import dataclasses
import json
import typing as t

from .._adapters import files
from .._plan.schedule import Rest

if t.TYPE_CHECKING:
    from .._model.tenant import Tenant


def read(directory: str) -> Rest:
    """The tenant whose files are in ``directory``; awake where nobody said anything."""
    content = files.read(_path(directory))
    return Rest(**json.loads(content)) if content else Rest()


def write(directory: str, rest: Rest) -> None:
    if rest == Rest():
        files.remove(_path(directory))
    else:
        files.write(_path(directory), json.dumps(dataclasses.asdict(rest)), owner=0, group=0, mode=0o644)


def of_place(tenants: t.Iterable[Tenant]) -> dict[str, dict[str, t.Any] | None]:
    """By name, what this host remembers of each; None where a tenant is not here."""
    found: dict[str, dict[str, t.Any] | None] = {}
    for tenant in tenants:
        directory = f"{tenant.config_path}/{tenant.tenant}"
        here = files.subdirectories(directory)
        found[tenant.tenant] = dataclasses.asdict(read(directory)) if here else None
    return found


def _path(directory: str) -> str:
    return f"{directory}/.rest"
