# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was seen of a tenant's stack, and the steps that lead from there to what is wanted."""

from __future__ import annotations

import dataclasses
import typing as t

if t.TYPE_CHECKING:
    from .._render.docker import ContainerSet


@dataclasses.dataclass(frozen=True)
class Container:
    """A container of the tenant, as Docker lists it."""

    name: str
    workload: str
    spec: str
    state: str
    address: str
    directory: str = ""


@dataclasses.dataclass(frozen=True)
class Network:
    """The tenant's bridge."""

    name: str
    subnet: str


@dataclasses.dataclass(frozen=True)
class Observed:
    """A snapshot of everything on the runtime host that belongs to the tenant.

    ``directories`` maps each directory of files to whether its content still has the digest in its name.
    ``taken_subnets`` are those of every network of the host. ``route`` is the text of the tenant's Traefik file.
    """

    network: Network | None
    containers: tuple[Container, ...]
    directories: t.Mapping[str, bool]
    route: str | None = dataclasses.field(repr=False)
    taken_subnets: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Step:
    """One change. ``phase`` groups what is undone together when a part of it fails."""

    action: str
    subject: str
    cause: str
    phase: str = ""
    container_set: ContainerSet | None = dataclasses.field(default=None, repr=False, compare=False)
    address: str = ""
    content: str = dataclasses.field(default="", repr=False)
    addresses: t.Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)

    def public(self) -> dict[str, str]:
        """The step as a result or a diff shows it."""
        return {"action": self.action, "subject": self.subject, "cause": self.cause}
