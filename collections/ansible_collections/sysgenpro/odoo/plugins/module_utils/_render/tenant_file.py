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
#: In the order in which they stand.
NAMES = (
    "odoo_region",
    "odoo_environment",
    "odoo_tier",
    "odoo_hosting_model",
    "odoo_runtime",
    "odoo_place",
    "odoo_postgresql_cluster",
    "odoo_host",
    "odoo_classification",
)
#: What the model fills in. These lines go first where there are too many.
DEFAULTS: t.Mapping[str, str] = {"odoo_runtime": "docker", "odoo_hosting_model": "shared"}


def text(variables: t.Mapping[str, t.Any]) -> str:
    """The file's text; ``variables`` are some of NAMES, each with plain data."""
    lines = {name: _lines(name, variables[name]) for name in NAMES if variables.get(name)}
    for name, default in DEFAULTS.items():
        if 1 + sum(map(len, lines.values())) > LINES and variables.get(name) == default:
            del lines[name]
    return "\n".join(["---", *(line for entry in lines.values() for line in entry), ""])


def _lines(name: str, value: t.Any) -> list[str]:
    """One line, or where it would be too long two: YAML continues a flow mapping on an indented line."""
    line = f"{name}: {flow(value)}"
    if len(line) <= WIDTH or not isinstance(value, dict):
        return [line]
    entries = [f"{flow(key)}: {flow(entry)}" for key, entry in value.items()]
    half = len(entries) // 2
    return [f"{name}: {{{', '.join(entries[:half])},", f"  {', '.join(entries[half:])}}}"]
