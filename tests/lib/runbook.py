"""Runbooks as they stand in docs/operations: the commands below a heading, for tests that follow them word for word."""

from __future__ import annotations

import re
import typing as t

if t.TYPE_CHECKING:
    from pathlib import Path

HEADING = re.compile(r"^(#+) (.+)$")


def commands(path: Path, heading: str) -> list[str]:
    """The blocks marked sh of one section, in their order; sections below it belong to it.

    :param heading: the section's title without its number signs.
    :raises LookupError: when there is no such section, or no command in it.
    """
    found: list[str] = []
    depth = 0
    block: list[str] | None = None
    for line in path.read_text(encoding="utf-8").splitlines():
        title = HEADING.match(line) if block is None else None
        if title:
            level = len(title.group(1))
            depth = level if title.group(2) == heading else 0 if level <= depth else depth
        elif depth and line == "```sh":
            block = []
        elif block is not None and line == "```":
            found.append("\n".join(block))
            block = None
        elif block is not None:
            block.append(line)
    if not found:
        raise LookupError(f"{path} has no section {heading!r} with commands")
    return found


def script(path: Path, heading: str) -> str:
    """The section's commands as one script that ends at the first failure and says which line it runs."""
    return "\n".join(["set -euo pipefail", *commands(path, heading)])
