# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors that rise to a module's main()."""

from __future__ import annotations


class OdooError(Exception):
    """A failure with what to do next.

    ``message`` says what failed and why, ``hint`` what the reader can do; ``details`` goes into the module's result.
    """

    def __init__(self, message: str, *, hint: str = "", details: dict[str, object] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = details or {}

    def __str__(self) -> str:
        return f"{self.message}. {self.hint}" if self.hint else self.message


class NotConverged(OdooError):
    """A wait ran out of time; carries the last thing observed."""


class InvalidTenant(OdooError):
    """The declared tenant is not acceptable; ``problems`` lists every reason."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems
