# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What changes a Redis ACL user from what it is to what it should be."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from .._model.redis_user import RedisUser


class Step(t.NamedTuple):
    """One write, with why it is needed."""

    action: str
    cause: str


#: Attributes of a user in the order a reader looks for them, with their names in a cause.
_COMPARED = (
    ("enabled", "the switch"),
    ("password_hashes", "the password"),
    ("commands", "the commands"),
    ("keys", "the key patterns"),
    ("channels", "the channels"),
    ("extras", "selectors or flags"),
)


def plan(desired: RedisUser | None, observed: RedisUser | None) -> tuple[Step, ...]:
    """Ordered steps; empty where nothing differs. ``desired`` None means absent."""
    if desired is None:
        return (
            ()
            if observed is None
            else (Step("delete", "the user is not wanted"), Step("save", "ACL changes live in memory only"))
        )
    if observed is None:
        cause = "the user is missing"
    else:
        differing = [
            label for attribute, label in _COMPARED if getattr(desired, attribute) != getattr(observed, attribute)
        ]
        if not differing:
            return ()
        cause = (
            f"{', '.join(differing)} of the user differ"
            if len(differing) > 1
            else f"{differing[0]} of the user differs"
        )
    return (Step("set", cause), Step("save", "ACL changes live in memory only"))


def rules(user: RedisUser) -> tuple[str, ...]:
    """Arguments of ``ACL SETUSER`` after the name: everything a user had before is reset first."""
    return (
        "reset",
        "on" if user.enabled else "off",
        *(f"#{digest}" for digest in sorted(user.password_hashes)),
        *sorted(user.keys),
        *sorted(f"&{channel}" for channel in user.channels),
        *(f"+{command}" for command in sorted(user.commands)),
    )
