#!/usr/bin/env python3
"""Write what follows from the tenant's field table: the argument specification of the role odoo.

Run it after changing the table, and role_readme.py after it; a unit test compares the files with what this would write.
"""

from __future__ import annotations

import sys
import typing as t
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "collections"))

from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.fields import FIELDS, Field  # noqa: E402


class Indented(yaml.SafeDumper):
    """YAML with the items of a list indented below their key, as yamllint wants it."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002  # PyYAML's own signature
        super().increase_indent(flow, indentless=False)


ROLE = ROOT / "collections/ansible_collections/sysgenpro/odoo/roles/odoo"


def option(field: Field) -> dict[str, t.Any]:
    """One option of the role's argument specification."""
    spec: dict[str, t.Any] = {"type": field.type, "description": [field.description]}
    if field.required:
        spec["required"] = True
    if field.choices:
        spec["choices"] = list(field.choices)
    if field.elements:
        spec["elements"] = field.elements
    if field.default is not None:
        spec["default"] = list(field.default) if isinstance(field.default, tuple) else field.default
    return spec


#: The role's entry points beside main; they speak of no field of the table.
ENTRY_POINTS = Path(__file__).with_name("odoo_entry_points.yml")


def argument_specs() -> str:
    """Text of meta/argument_specs.yml."""
    options = {field.name: option(field) for field in FIELDS}
    main = {
        "short_description": "A tenant, from its bucket to its routes",
        "description": [
            "Brings bucket, sessions, database, modules, containers and routes of one tenant to what its variables say."
        ],
        "author": ["SysGenPro (@sysgenpro)"],
        "options": options,
    }
    beside = yaml.safe_load(ENTRY_POINTS.read_text(encoding="utf-8"))
    entries = {"main": main, **{name: {**spec, "author": main["author"]} for name, spec in beside.items()}}
    text = yaml.dump(
        {"argument_specs": entries},
        Dumper=Indented,
        sort_keys=False,
        width=140,
        default_flow_style=False,
    )
    return f"---\n# Written by scripts/generate_reference.py from the field table of the tenant model.\n{text}"


def outputs() -> dict[Path, str]:
    """Every generated file with its content."""
    return {ROLE / "meta/argument_specs.yml": argument_specs()}


if __name__ == "__main__":
    for target, content in outputs().items():
        target.write_text(content, encoding="utf-8")
