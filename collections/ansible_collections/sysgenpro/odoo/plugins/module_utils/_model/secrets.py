# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secret values on their way from the controller to a file, kept out of every text form."""

from __future__ import annotations

import dataclasses
import typing as t

from .._support.errors import OdooError


@dataclasses.dataclass(frozen=True)
class Secrets:
    """What a tenant's processes need to know and nobody else may see."""

    database: str = dataclasses.field(repr=False)
    redis: str = dataclasses.field(repr=False)
    s3_access_key: str = dataclasses.field(repr=False)
    s3_secret_key: str = dataclasses.field(repr=False)
    master: str = dataclasses.field(repr=False)
    certificate: str = dataclasses.field(repr=False, default="")
    private_key: str = dataclasses.field(repr=False, default="")


def parse_secrets(values: t.Mapping[str, str | None], *, host: str) -> Secrets:
    """Make secrets of a module's option.

    :raises OdooError: naming each missing secret, never a value.
    """
    names = [field.name for field in dataclasses.fields(Secrets)]
    required = [field.name for field in dataclasses.fields(Secrets) if field.default is dataclasses.MISSING]
    missing = [name for name in required if not values.get(name)]
    if missing:
        raise OdooError(
            f"{host}: secrets.{', secrets.'.join(missing)} missing", hint="Give every secret a value that is not empty"
        )
    return Secrets(**{name: values.get(name) or "" for name in names})
