# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which image a component has, from the content of everything it is built from."""

from __future__ import annotations

import hashlib
import json
import os
import typing as t
from dataclasses import dataclass, field

from ansible_collections.sysgenpro.odoo.plugins.module_utils._images.addons import Addons
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import OdooError

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

BASE = "base"
#: Folders of the build context every image is built from.
COMMON = "common"
#: The label that names an image's inputs.
LABEL = "sysgenpro.odoo/input-hash"
LEFT_OUT = frozenset({".git", "__pycache__"})
TAG_DIGITS = 12


@dataclass(frozen=True)
class Definition:
    """What the role knows of a component."""

    version: str
    title: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    folders: tuple[str, ...] = ()
    addons: bool = False

    @classmethod
    def parse(cls, component: str, given: Mapping[str, t.Any]) -> Definition:
        """Return the definition; lists among the build arguments are joined by blanks."""
        arguments = {
            name: " ".join(value) if isinstance(value, (list, tuple)) else str(value)
            for name, value in given.get("arguments", {}).items()
        }
        folders = (COMMON, component, *given.get("folders", ()))
        return cls(str(given["version"]), str(given["title"]), arguments, folders, bool(given.get("addons", False)))


@dataclass(frozen=True)
class PlannedImage:
    """One image to have."""

    component: str
    image: str
    input_hash: str
    title: str
    version: str
    arguments: Mapping[str, str]
    addons: Addons | None = None

    def as_dict(self) -> dict[str, t.Any]:
        """Return plain data for templates, with the labels of the image."""
        labels = {
            "org.opencontainers.image.title": self.title,
            "org.opencontainers.image.version": self.version,
            "sysgenpro.odoo/component": self.component,
            LABEL: self.input_hash,
        }
        addons = self.addons or Addons()
        return {
            **vars(self),
            "arguments": dict(self.arguments),
            "labels": labels,
            "addons": {
                "requirements": list(addons.requirements),
                "folders": [source.as_dict() for source in addons.folders],
                "commits": [source.as_dict() for source in addons.commits],
            },
        }


def tree(path: str) -> dict[str, str]:
    """Return the digest of every file below ``path``, by relative name; an executable differs from its plain copy."""
    return dict(sorted(_files(path)))


def _files(path: str) -> Iterator[tuple[str, str]]:
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(set(folders) - LEFT_OUT)
        for name in names:
            if name.endswith(".pyc"):
                continue
            file = os.path.join(folder, name)
            with open(file, "rb") as handle:
                digest = hashlib.sha256(handle.read()).hexdigest()
            yield os.path.relpath(file, path), f"{'x' if os.access(file, os.X_OK) else '-'}{digest}"


def input_hash(inputs: Mapping[str, t.Any]) -> str:
    """Return the SHA-256 of plain data, the same whatever the order of its keys."""
    return hashlib.sha256(json.dumps(inputs, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def with_parent(components: Iterable[str]) -> list[str]:
    """Return the components once each, after the one they are all built on."""
    return list(dict.fromkeys([BASE, *components]))


def plan(
    components: Iterable[str],
    definitions: Mapping[str, Mapping[str, t.Any]],
    *,
    files: str,
    prefix: str,
    revision: str,
    addons: Addons,
) -> list[PlannedImage]:
    """Return the images to have, parents first.

    ``files`` is the folder with the build context, ``prefix`` the first part of image names, ``revision`` a part of
    every hash.
    """
    planned: list[PlannedImage] = []
    for component in with_parent(components):
        if component not in definitions:
            raise OdooError(f"Unknown component {component!r}", hint=f"There are {', '.join(definitions)}")
        definition = Definition.parse(component, definitions[component])
        inputs = {
            "arguments": definition.arguments,
            "files": {folder: tree(os.path.join(files, folder)) for folder in definition.folders},
            "parent": planned[0].input_hash if planned else "",
            "revision": revision,
            "version": definition.version,
        }
        if definition.addons:
            inputs["addons"] = _addon_inputs(addons)
        digest = input_hash(inputs)
        image = f"{prefix}/{component}:{definition.version}-{digest[:TAG_DIGITS]}"
        planned.append(
            PlannedImage(
                component,
                image,
                digest,
                definition.title,
                definition.version,
                definition.arguments,
                addons if definition.addons else None,
            )
        )
    return planned


def _addon_inputs(addons: Addons) -> dict[str, t.Any]:
    return {
        "requirements": sorted(addons.requirements),
        "folders": [[source.place, tree(source.path)] for source in addons.folders],
        "commits": [[source.place, source.url, source.commit] for source in addons.commits],
    }
