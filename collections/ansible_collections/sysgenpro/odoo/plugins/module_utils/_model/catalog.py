# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the shared catalogs of a PostgreSQL cluster tell of one tenant."""

from __future__ import annotations

import dataclasses
import typing as t


class Names(t.NamedTuple):
    """What one tenant's objects in a cluster are called."""

    database: str
    owner: str
    reporter: str
    template: str
    draft: str


@dataclasses.dataclass(frozen=True)
class CatalogRow:
    """One tenant in a cluster. ``comment`` is None where its database is missing and empty where it carries none of ours.

    ``content`` changes with who may connect, which tables there are, who may read them and, where the cluster shows it, with
    the roles' passwords.
    """

    comment: t.Mapping[str, t.Any] | None
    role_limit: int | None
    reporting_limit: int | None
    reporting_read_only: bool
    template_exists: bool
    draft_exists: bool
    content: tuple[t.Any, ...]
