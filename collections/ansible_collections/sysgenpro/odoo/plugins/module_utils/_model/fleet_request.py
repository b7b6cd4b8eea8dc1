# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One question about many tenants, as the controller asks it of a place. It holds secrets and has no text form but JSON."""

from __future__ import annotations

import dataclasses
import json
import typing as t

from .secrets import Secrets, parse_secrets
from .tenant import Tenant, parse

#: What the roles of a tenant's database authenticate with.
PASSWORDS = ("database", "reporting")


@dataclasses.dataclass(frozen=True)
class Asked:
    """A tenant with what the place needs to compare it. ``passwords`` are those of PASSWORDS, in their order."""

    tenant: Tenant
    secrets: Secrets = dataclasses.field(repr=False)
    passwords: tuple[str, ...] = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True)
class Service:
    """A PostgreSQL cluster, Redis instance or object store, the password its administrator uses, and whose objects to look for."""

    password: str = dataclasses.field(repr=False)
    tenants: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Request:
    """``stacks`` are tenants whose containers run on the host that is asked; all are keys of ``tenants``."""

    tenants: t.Mapping[str, Asked]
    stacks: tuple[str, ...] = ()
    clusters: t.Mapping[str, Service] = dataclasses.field(default_factory=dict)
    redis: t.Mapping[str, Service] = dataclasses.field(default_factory=dict)
    buckets: tuple[str, ...] = ()


def encode(
    variables: t.Mapping[str, t.Mapping[str, t.Any]],
    secrets: t.Mapping[str, t.Mapping[str, str]],
    **asked: t.Any,
) -> str:
    """The JSON that :func:`parse_request` reads.

    Values that all tenants share are sent once: of a thousand tenants of a region little else differs than their names.

    :param variables: what declares each tenant, by its name.
    :param secrets: what each authenticates with, by purpose.
    :param asked: C(stacks), C(clusters), C(redis), C(buckets).
    """
    first = next(iter(variables.values()), {})
    common = {
        name: value
        for name, value in first.items()
        if all(name in own and own[name] == value for own in variables.values())
    }
    tenants = {
        name: {"own": {key: value for key, value in own.items() if key not in common}, "secrets": secrets[name]}
        for name, own in variables.items()
    }
    return json.dumps({"common": common, "tenants": tenants, **asked})


def parse_request(text: str) -> Request:
    """Read what :func:`encode` made.

    :raises InvalidTenant: a tenant is not acceptable.
    """
    values = json.loads(text)
    return Request(
        tenants={
            name: _asked(name, {**values["common"], **entry["own"]}, entry["secrets"])
            for name, entry in values["tenants"].items()
        },
        stacks=tuple(values.get("stacks", ())),
        clusters=_services(values.get("clusters", {})),
        redis=_services(values.get("redis", {})),
        buckets=tuple(values.get("buckets", ())),
    )


def _asked(name: str, variables: t.Mapping[str, t.Any], secrets: t.Mapping[str, str]) -> Asked:
    of_processes = {key: value for key, value in secrets.items() if key != "reporting"}
    return Asked(
        parse(variables, host=name),
        parse_secrets(of_processes, host=name),
        tuple(secrets[purpose] for purpose in PASSWORDS),
    )


def _services(values: t.Mapping[str, t.Mapping[str, t.Any]]) -> dict[str, Service]:
    return {name: Service(entry["password"], tuple(entry["tenants"])) for name, entry in values.items()}
