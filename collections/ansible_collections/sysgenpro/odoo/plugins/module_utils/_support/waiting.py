# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one waiter: a named predicate, a time-out in seconds, the last thing observed."""

from __future__ import annotations

import time
import typing as t

from .errors import NotConverged

T = t.TypeVar("T")


def wait_until(
    what: str,
    probe: t.Callable[[], tuple[bool, T]],
    *,
    timeout: float,
    interval: float = 0.2,
    clock: t.Callable[[], float] = time.monotonic,
    sleep: t.Callable[[float], None] = time.sleep,
) -> T:
    """Call ``probe`` until its first element is true and return its second, the observation.

    :param what: the awaited condition, for the error message.
    :param timeout: seconds; the probe runs at least once.
    :param interval: seconds between probes.
    :raises NotConverged: with the last observation in ``details["last_observed"]``.
    """
    deadline = clock() + timeout
    while True:
        met, observed = probe()
        if met:
            return observed
        if clock() >= deadline:
            raise NotConverged(
                f"Timed out after {timeout:g} s waiting for {what}; last observed: {observed}",
                details={"last_observed": observed},
            )
        sleep(interval)
