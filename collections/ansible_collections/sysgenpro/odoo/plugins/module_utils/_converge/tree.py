# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The GitOps tree on the controller: written as it would be applied, file by file, and read again to compare."""

from __future__ import annotations

import os
import tempfile
import typing as t
from pathlib import Path

from .._render import gitops
from .._support.errors import OdooError

if t.TYPE_CHECKING:
    from .._render.kubernetes.types import Desired


def parse(text: str) -> t.Any:
    """The value of a YAML text.

    :raises ValueError: it is not YAML.
    """
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


def read(root: str, desired: Desired) -> dict[str, str]:
    """Text of every file of the tenant's folder, by its path below ``root``."""
    folder = Path(root) / gitops.folder(desired)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(root)): path.read_text(encoding="utf-8", errors="replace") for path in files}


def write(root: str, wanted: t.Sequence[Desired], *, check: bool) -> dict[str, t.Any]:
    """Make the tenants' folders hold exactly what would be applied; other folders are not touched.

    :returns: changed, the paths that were written and removed, and their diff. A run that dies is finished by the next.
    :raises OdooError: a file cannot be written.
    """
    before: dict[str, str] = {}
    after: dict[str, str] = {}
    for desired in wanted:
        before.update(read(root, desired))
        after.update(gitops.tree(desired))
    written = sorted(path for path, text in after.items() if before.get(path) != text)
    removed = sorted(set(before) - set(after))
    if not check:
        try:
            for path in written:
                _replace(Path(root) / path, after[path])
            for path in removed:
                (Path(root) / path).unlink()
        except OSError as error:
            raise OdooError(f"{error.filename} cannot be written: {error.strerror}", hint="Check its mode") from error
    return {
        "changed": bool(written or removed),
        "written": written,
        "removed": removed,
        "files": len(after),
        "diff": [
            {"before_header": path, "after_header": path, "before": before.get(path, ""), "after": after.get(path, "")}
            for path in sorted({*written, *removed})
        ],
    }


def _replace(path: Path, text: str) -> None:
    """Readers, git among them, see the old or the new file, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        handle.write(text)
    # mkstemp makes it private; what goes to git is not.
    os.chmod(draft, 0o644)
    os.replace(draft, path)


def strays(root: str, region: str, declared: t.Container[str]) -> list[str]:
    """Folders of tenants that the inventory does not declare (any more). Removing one removes a tenant: that is not done here."""
    folders = Path(root, region).glob("*/*")
    return sorted(str(path.relative_to(root)) for path in folders if path.is_dir() and path.name not in declared)
