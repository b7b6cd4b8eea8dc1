# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bring one Redis ACL user to its desired state."""

from __future__ import annotations

import typing as t

from .._plan import redis_user as planner

if t.TYPE_CHECKING:
    from .._adapters.redis_server import RedisServer
    from .._model.redis_user import RedisUser


def converge(server: RedisServer, name: str, desired: RedisUser | None, *, check_mode: bool) -> dict[str, t.Any]:
    """Observe, plan, apply unless ``check_mode``, observe again; the result of the module."""
    observed = server.acl_user(name)
    steps = planner.plan(desired, observed)
    if steps and not check_mode:
        apply(server, name, desired, steps)
        final = server.acl_user(name)
    else:
        final = desired if steps else observed
    return {
        "changed": bool(steps),
        "steps": [step._asdict() for step in steps],
        "user": final.public() if final else None,
        "diff": {"before": _shown(observed, desired, "former"), "after": _shown(desired, observed, "new")},
    }


def apply(server: RedisServer, name: str, desired: RedisUser | None, steps: t.Iterable[planner.Step]) -> None:
    """Carry out ``steps`` in order."""
    for step in steps:
        if step.action == "delete":
            server.acl_delete(name)
        elif step.action == "save":
            server.acl_save()
        elif desired is not None:
            server.acl_set(name, planner.rules(desired))


def _shown(user: RedisUser | None, other: RedisUser | None, label: str) -> dict[str, t.Any]:
    """One side of the diff; a changed password shows as a word."""
    if user is None:
        return {}
    same = other is not None and user.password_hashes == other.password_hashes
    return {**user.public(), "password": "unchanged" if same else label}
