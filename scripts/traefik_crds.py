#!/usr/bin/env python3
"""Write role kubernetes_platform's custom resource definitions of Traefik: traefik_crds.py FILE VERSION.

FILE is docs/content/reference/dynamic-configuration/kubernetes-crd-definition-v1.yml of Traefik's repository (also in its Go
module github.com/traefik/traefik/v3). Descriptions are left out: they are three quarters of it and stand in the manual.
"""

from __future__ import annotations

import argparse
import typing as t
from pathlib import Path

import yaml

TARGET = (
    Path(__file__).resolve().parents[1]
    / "collections/ansible_collections/sysgenpro/odoo/roles/kubernetes_platform/files/traefik-crds.yml"
)
HEADER = """\
# Custom resource definitions of Traefik {version} without their descriptions, written by scripts/traefik_crds.py.
# Copyright (c) 2016-2020 Containous SAS; 2020-2025 Traefik Labs
# SPDX-License-Identifier: MIT
"""


class Indented(yaml.SafeDumper):
    """Lists are indented below their key, as everywhere in this repository."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, indentless and False)


def without_descriptions(schema: t.Any) -> t.Any:
    """Return an OpenAPI schema without its texts; a property that is called description stays."""
    if isinstance(schema, list):
        return [without_descriptions(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: without_descriptions(value)
        for key, value in schema.items()
        if not (key == "description" and isinstance(value, str))
    }


def main() -> None:
    """Read, strip, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("version")
    arguments = parser.parse_args()
    definitions = [without_descriptions(entry) for entry in yaml.safe_load_all(arguments.file.read_text())]
    # One document, as ansible-test wants its YAML files.
    whole = {"apiVersion": "v1", "kind": "List", "items": definitions}
    text = yaml.dump(whole, Dumper=Indented, explicit_start=True, sort_keys=False, width=150)
    TARGET.write_text(HEADER.format(version=arguments.version) + text)


if __name__ == "__main__":
    main()
