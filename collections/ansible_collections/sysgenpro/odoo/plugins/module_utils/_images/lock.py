# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lock: for every component the image a region runs.

A JSON object, component to ``image`` (name and tag), ``id``, ``input_hash`` and, once pushed, ``digest``
(repository@sha256:…).
"""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass

from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import OdooError

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path


@dataclass(frozen=True)
class LockedImage:
    """One component's entry."""

    component: str
    image: str
    id: str
    input_hash: str
    digest: str = ""

    @property
    def reference(self) -> str:
        """What a container is made from: the digest where there is one."""
        return self.digest or self.image

    def as_dict(self) -> dict[str, str]:
        """Return the entry as it stands in the file."""
        entry = {"id": self.id, "image": self.image, "input_hash": self.input_hash}
        return {**entry, "digest": self.digest} if self.digest else entry


def parse(text: str, *, origin: str) -> dict[str, LockedImage]:
    """Return the lock a text holds; ``origin`` names it in errors."""
    try:
        content = json.loads(text)
        return {
            component: LockedImage(component, entry["image"], entry["id"], entry["input_hash"], entry.get("digest", ""))
            for component, entry in content.items()
        }
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise OdooError(
            f"The image lock {origin} is not readable: {type(error).__name__}: {error}",
            hint="Restore it from version control, or remove it and run the role sysgenpro.odoo.images",
        ) from None


def read(path: Path) -> dict[str, LockedImage]:
    """Return the lock at ``path``; an absent file is an empty lock."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise OdooError(f"The image lock {path} cannot be read: {error.strerror}") from None
    return parse(text, origin=str(path))


def find(lock: Mapping[str, LockedImage], component: str, *, origin: str) -> LockedImage:
    """Return a component's entry."""
    if component not in lock:
        raise OdooError(
            f"No image of the component {component} in {origin}, which has {', '.join(sorted(lock)) or 'none'}",
            hint="Run the role sysgenpro.odoo.images on the group docker_hosts first",
        )
    return lock[component]


def registry_of(reference: str) -> str:
    """Return the registry of an image reference, empty for a local image (the rule of Docker's reference grammar)."""
    head, slash, _rest = reference.partition("/")
    return head if slash and ("." in head or ":" in head or head == "localhost") else ""


def refuse_unapproved(references: Iterable[str], approved: Iterable[str]) -> None:
    """Raise for references to a registry that is not approved; an approved entry may go on with a path."""
    accepted = [entry.rstrip("/") for entry in approved]
    refused = [
        ref for ref in references if registry_of(ref) and not any(ref.startswith(f"{entry}/") for entry in accepted)
    ]
    if refused:
        raise OdooError(
            f"Images from registries that are not approved: {', '.join(sorted(refused))}",
            hint=f"images_approved_registries has {', '.join(accepted) or 'none'}",
        )


def to_pull(
    lock: Mapping[str, LockedImage], components: Iterable[str], approved: Iterable[str], *, origin: str
) -> list[LockedImage]:
    """Return the entries to pull by digest, in the order of ``components``."""
    entries = [find(lock, component, origin=origin) for component in components]
    without = [entry.component for entry in entries if not entry.digest]
    if without:
        raise OdooError(
            f"No digest of {', '.join(without)} in {origin}",
            hint="Build and push them once: images_source: debian with images_registry set",
        )
    refuse_unapproved([entry.digest for entry in entries], approved)
    return entries
