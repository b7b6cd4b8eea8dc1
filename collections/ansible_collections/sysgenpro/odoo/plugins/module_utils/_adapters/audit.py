# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The audit trail of a host: a file that lines are added to and never taken from."""

from __future__ import annotations

import fcntl
import os
import typing as t
from pathlib import Path

from .._render import audit as render


def append(path: str, entry: t.Mapping[str, t.Any]) -> str:
    """Add a line and return it; runs that do so at the same time wait for each other."""
    Path(path).parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o640)
    with os.fdopen(descriptor, "r+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        last = ""
        for last in file:  # noqa: B007  # the last one is what is wanted
            pass
        text = render.line(entry, last.rstrip("\n"))
        file.write(f"{'' if not last or last.endswith(chr(10)) else chr(10)}{text}\n")
        file.flush()
        os.fsync(file.fileno())
    return text


def read(path: str) -> list[str]:
    """Every line, oldest first; none where there is no file."""
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
