#!/usr/bin/env python3
"""Copy the collection as git sees it (tracked files and new ones that are not ignored): collection.py DESTINATION.

The destination becomes DESTINATION/ansible_collections/sysgenpro/odoo. Files that are gone from the tree are removed
from an earlier copy; unchanged files keep their time stamps, so that caches keyed on them stay warm.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = ROOT / "collections/ansible_collections/sysgenpro/odoo"


def collection_files() -> list[Path]:
    """Return the collection's files, relative to the collection."""
    command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "-co", "--exclude-standard", "."]
    listed = subprocess.run(command, cwd=COLLECTION, capture_output=True, text=True, check=True).stdout
    return [Path(name) for name in listed.split("\0") if name and os.path.lexists(COLLECTION / name)]


def copy_collection(destination: Path) -> Path:
    """Copy the collection below destination and return the copy's own path."""
    target = destination / "ansible_collections/sysgenpro/odoo"
    wanted = set(collection_files())
    for path in [p for p in target.rglob("*") if p.is_symlink() or p.is_file()]:
        if path.relative_to(target) not in wanted:
            path.unlink()
    for name in sorted(wanted):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        if (target / name).is_symlink():
            (target / name).unlink()
        shutil.copy2(COLLECTION / name, target / name, follow_symlinks=False)
    for directory, _names, _files in os.walk(target, topdown=False):
        if not os.listdir(directory):
            os.rmdir(directory)
    return target


if __name__ == "__main__":
    print(copy_collection(Path(sys.argv[1])))
