# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is left to do on a host that should have the planned images, from what its Docker engine says it has."""

from __future__ import annotations

import ast
import re
import typing as t

from ansible_collections.sysgenpro.odoo.plugins.module_utils._images.lock import LockedImage

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

LAST_LINES = 15
COLOUR = re.compile("\x1b\\[[0-9;]*m")


def by_reference(engine_images: Iterable[Mapping[str, t.Any]]) -> dict[str, Mapping[str, t.Any]]:
    """Return the engine's images by each of their tags and digests."""
    return {
        reference: image
        for image in engine_images
        for reference in [*(image.get("RepoTags") or ()), *(image.get("RepoDigests") or ())]
    }


def pushed_digest(image: Mapping[str, t.Any], repository: str) -> str:
    """Return the digest an image has in a repository, empty before it was pushed there."""
    return next((digest for digest in image.get("RepoDigests") or () if digest.startswith(f"{repository}@")), "")


def status(
    planned: Sequence[Mapping[str, t.Any]], engine_images: Iterable[Mapping[str, t.Any]], *, registry: str
) -> dict[str, t.Any]:
    """Return ``missing`` and ``unpushed`` (planned images, in order) and ``lock``, the content of the lock."""
    present = by_reference(engine_images)
    missing = [item for item in planned if item["image"] not in present]
    lock: dict[str, dict[str, str]] = {}
    unpushed = []
    for item in planned:
        image = present.get(item["image"])
        if image is None:
            continue
        digest = ""
        if registry:
            digest = pushed_digest(image, f"{registry}/{item['image'].rpartition(':')[0]}")
            if not digest:
                unpushed.append(item)
        entry = LockedImage(item["component"], item["image"], image["Id"], item["input_hash"], digest)
        lock[item["component"]] = entry.as_dict()
    return {"missing": missing, "unpushed": unpushed, "lock": lock}


def build_failure(message: str) -> str:
    """Return the cause and the last lines of a failed build, from the message of community.docker.docker_image."""
    cause, found, logs = message.partition(", logs: [")
    if not found:
        return message
    try:
        lines = [str(line).rstrip() for line in ast.literal_eval(f"[{logs}")]
    except (ValueError, SyntaxError):
        return message[-2000:]
    printed = [line for entry in lines for line in COLOUR.sub("", entry).splitlines() if line.strip()]
    return "\n".join([cause, *printed[-LAST_LINES:]])
