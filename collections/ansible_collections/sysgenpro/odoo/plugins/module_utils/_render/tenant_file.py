# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory file that declares a tenant: at most ten lines, of what nothing else says."""

from __future__ import annotations

import typing as t

from .yaml_text import flow

LINES = 10
#: yamllint's bound in this project's own configuration.
WIDTH = 160
#: In the order in which they stand; the classification follows.
NAMES = (
    "odoo_region",
    "odoo_environment",
    "odoo_tier",
    "odoo_hosting_model",
    "odoo_runtime",
    "odoo_place",
    "odoo_postgresql_cluster",
    "odoo_host",
)
CLASSIFICATION = "odoo_classification"
#: What the model fills in. These lines go first where there are too many.
DEFAULTS: t.Mapping[str, str] = {"odoo_hosting_model": "shared", "odoo_runtime": "docker"}


def text(variables: t.Mapping[str, t.Any]) -> str:
    """The file's text; ``variables`` are some of NAMES, each a text, and the classification."""
    plain = {name: f"{name}: {flow(variables[name])}" for name in NAMES if variables.get(name)}
    classified = variables.get(CLASSIFICATION) or {}
    entries = [f"{flow(key)}: {flow(value)}" for key, value in classified.items()]
    width = WIDTH
    lines = _wrapped(entries, width)
    for name, default in DEFAULTS.items():
        if 1 + len(plain) + len(lines) > LINES and variables.get(name) == default:
            del plain[name]
    while 1 + len(plain) + len(lines) > LINES:
        width += 1
        lines = _wrapped(entries, width)
    return "\n".join(["---", *plain.values(), *lines, ""])


def _wrapped(entries: t.Sequence[str], width: int) -> list[str]:
    """A flow mapping on as few lines of at most ``width`` as it takes: YAML continues it on indented ones."""
    lines: list[str] = []
    for entry in entries:
        if lines and len(lines[-1]) + len(entry) + 3 <= width:
            lines[-1] += f", {entry}"
        elif lines:
            lines[-1] += ","
            lines.append(f"  {entry}")
        else:
            lines.append(f"{CLASSIFICATION}: {{{entry}")
    return [*lines[:-1], f"{lines[-1]}}}"] if lines else []
