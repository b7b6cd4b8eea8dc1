# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The add-ons a region bakes into its Odoo image beside the default set."""

from __future__ import annotations

import os
import re
import typing as t
from dataclasses import dataclass

from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import OdooError

#: A requirement of one exact version; extras would pull dependencies, which are not resolved.
REQUIREMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9][A-Za-z0-9.!+_-]*")
COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
FORMS = "accepted are 'name==version', {path: folder on the controller} and {git: url, commit: full commit hash}"


@dataclass(frozen=True)
class Source:
    """Add-ons from a folder or from a commit; ``place`` is where they stand in the build context."""

    place: str
    path: str = ""
    url: str = ""
    commit: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return what the role needs to fetch it."""
        return {key: value for key, value in vars(self).items() if value}


@dataclass(frozen=True)
class Addons:
    """All add-ons declared."""

    requirements: tuple[str, ...] = ()
    folders: tuple[Source, ...] = ()
    commits: tuple[Source, ...] = ()


def parse(declared: t.Sequence[t.Any], *, variable: str = "odoo_addons") -> Addons:
    """Return the declared add-ons; raise with every entry that is wrong."""
    requirements: list[str] = []
    sources: list[Source] = []
    problems: list[str] = []
    for index, entry in enumerate(declared):
        try:
            if isinstance(entry, str):
                requirements.append(_requirement(entry))
            else:
                sources.append(_source(entry, index))
        except ValueError as error:
            problems.append(f"{variable}[{index}]: {error}; {FORMS}")
    if problems:
        raise OdooError("; ".join(problems))
    return Addons(
        requirements=tuple(requirements),
        folders=tuple(source for source in sources if source.path),
        commits=tuple(source for source in sources if source.url),
    )


def _requirement(entry: str) -> str:
    if not REQUIREMENT.fullmatch(entry):
        raise ValueError(f"{entry!r} does not name one exact version")
    return entry


def _source(entry: t.Any, index: int) -> Source:
    keys = sorted(entry) if isinstance(entry, dict) else None
    if keys == ["path"]:
        path = os.path.normpath(str(entry["path"]))
        if not os.path.isabs(path):
            raise ValueError(f"the path {path!r} is not absolute (begin it with inventory_dir or playbook_dir)")
        if not os.path.isdir(path):
            raise ValueError(f"the folder {path} does not exist on the controller")
        return Source(place=f"{index}/{os.path.basename(path)}", path=path)
    if keys == ["commit", "git"]:
        commit, url = str(entry["commit"]), str(entry["git"])
        if not COMMIT.fullmatch(commit):
            raise ValueError(f"{commit!r} is not a full commit hash")
        name = re.sub(r"\.git$", "", url.rstrip("/")).replace(":", "/").rpartition("/")[2]
        if not re.fullmatch(r"[A-Za-z0-9_.-]+", name) or name.startswith("."):
            raise ValueError(f"the URL {url!r} does not end in the name of a repository")
        return Source(place=f"{index}/{name}", url=url, commit=commit)
    raise ValueError(f"{keys or entry!r} is not a known form")
