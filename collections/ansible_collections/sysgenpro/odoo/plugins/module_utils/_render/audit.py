# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines of the audit trail: who did what to which tenant, when; never a secret. Each names the digest of the one before."""

from __future__ import annotations

import hashlib
import json
import re
import typing as t

#: Comments, and text between dollars or quotes, as PostgreSQL reads them (manual: "Lexical Structure"): where a secret would
#: be. What is not closed goes to the end.
_LITERALS = re.compile(
    r"(?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))"
    r"|\$(?P<tag>[A-Za-z_]\w*|)\$.*?(?:\$(?P=tag)\$|\Z)"
    r"|\b[eE]'(?:[^'\\]|''|\\.)*(?:'|\Z)"
    r"|'(?:[^']|'')*(?:'|\Z)",
    re.DOTALL,
)


def line(entry: t.Mapping[str, t.Any], previous: str) -> str:
    """One line, without its end. ``previous`` is the line before, empty for the first."""
    document = {**entry, "previous": digest(previous) if previous else ""}
    return json.dumps(document, sort_keys=True, ensure_ascii=False)


def broken(lines: t.Sequence[str]) -> int:
    """Number, from 1, of the first line that does not follow the one before it; 0 where all do."""
    previous = ""
    for number, text in enumerate(lines, 1):
        try:
            named = json.loads(text)["previous"]
        except (ValueError, KeyError, TypeError):
            return number
        if named != (digest(previous) if previous else ""):
            return number
        previous = text
    return 0


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def statement(text: str) -> str:
    """SQL without its texts and comments, as in pg_stat_statements: what was done, and no value."""
    return " ".join(_LITERALS.sub(lambda found: " " if found["comment"] else "'…'", text).split())
