# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files on the host a module runs on: directories that appear whole, files that are replaced in one step."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import tempfile
import typing as t
from pathlib import Path

from .._support.errors import OdooError
from .._support.waiting import wait_until


def read(path: str) -> str | None:
    """Content of a text file, or None where there is none."""
    try:
        return Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def read_tree(path: str) -> list[tuple[str, str]]:
    """Every file below ``path`` as (relative path, content), sorted."""
    root = Path(path)
    paths = sorted(path for path in root.rglob("*") if path.is_file())
    return [(str(path.relative_to(root)), path.read_text(encoding="utf-8", errors="replace")) for path in paths]


def subdirectories(path: str) -> list[str]:
    """Absolute paths of the directories in ``path``; hidden ones, our drafts, are not counted."""
    with contextlib.suppress(FileNotFoundError), os.scandir(path) as entries:
        return sorted(entry.path for entry in entries if entry.is_dir() and not entry.name.startswith("."))
    return []


def write_tree(path: str, files: t.Iterable[tuple[str, str]], *, group: int) -> None:
    """Make directory ``path`` hold ``files``, each readable by root and ``group`` alone.

    A new directory is filled under another name and renamed, so that a killed run leaves none that is half full.
    """
    target = Path(path)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if target.exists():
        for name, content in files:
            write(str(target / name), content, owner=0, group=group, mode=0o440)
        return
    for leftover in target.parent.glob(f".{target.name}.*"):
        shutil.rmtree(leftover)
    draft = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    for name, content in files:
        file = draft / name
        if not file.parent.exists():
            file.parent.mkdir(mode=0o750)
            _own(file.parent, 0, group, 0o750)
        write(str(file), content, owner=0, group=group, mode=0o440)
    _own(draft, 0, group, 0o750)
    os.rename(draft, target)


def write(path: str, content: str, *, owner: int, group: int, mode: int) -> None:
    """Replace a file in one step; readers see the old or the new content, never a part."""
    target = Path(path)
    if not target.parent.is_dir():
        raise OdooError(
            f"Directory {target.parent} does not exist", hint="Run the role that makes it, or correct the path"
        )
    descriptor, draft = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        _own(Path(draft), owner, group, mode)
        os.replace(draft, target)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(draft)
        raise


def _own(path: Path, owner: int, group: int, mode: int) -> None:
    os.chown(path, owner, group)
    os.chmod(path, mode)


def remove(path: str) -> None:
    """Remove a file or a tree; what is gone already is no error."""
    target = Path(path)
    if target.is_dir() and not target.is_symlink():
        shutil.rmtree(target)
    else:
        with contextlib.suppress(FileNotFoundError):
            target.unlink()


@contextlib.contextmanager
def lease(path: str, *, holder: str) -> t.Iterator[None]:
    """Hold the lease of a tenant on this host while the body runs; the kernel gives it back when we die.

    :raises OdooError: at once when another run holds it, naming that run.
    """
    Path(path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(path, "a+", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            other = handle.read()
            name = json.loads(other)["holder"] if other.startswith("{") else "another run"
            raise OdooError(
                f"The tenant is being worked on by {name}", hint="Wait for that run to end and run again"
            ) from None
        handle.truncate(0)
        handle.write(json.dumps({"holder": holder}))
        handle.flush()
        yield


@contextlib.contextmanager
def slot(directory: str, count: int, *, timeout: float) -> t.Iterator[None]:
    """Hold one of ``count`` slots of this host while the body runs; the kernel gives it back when we die.

    :param timeout: seconds to wait for a free one.
    :raises NotConverged: none came free in time.
    """
    Path(directory).mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.ExitStack() as opened:
        handles = [
            opened.enter_context(open(f"{directory}/{number}", "a", encoding="utf-8")) for number in range(count)
        ]
        wait_until(
            f"one of the {count} slots for starting tenants on this host",
            lambda: (any(_locked(handle) for handle in handles), "all are taken"),
            timeout=timeout,
        )
        yield


def _locked(handle: t.IO[str]) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
