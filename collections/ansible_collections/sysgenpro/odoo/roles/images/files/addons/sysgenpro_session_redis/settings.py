# Copyright (c) 2026, SysGenPro
# GNU Lesser General Public License v3.0+ (see LICENSES/LGPL-3.0-or-later.txt or https://www.gnu.org/licenses/lgpl-3.0.txt)
# SPDX-License-Identifier: LGPL-3.0-or-later
"""The section [session_redis] of odoo.conf. Imports nothing of Odoo's: its own config keeps only [options]."""

from __future__ import annotations

import configparser
from dataclasses import dataclass, field
from pathlib import Path

SECTION = "session_redis"


class SettingsError(Exception):
    """The section is missing or wrong; the message names the option, never its value."""


@dataclass(frozen=True)
class Settings:
    """Where sessions are kept."""

    host: str
    port: int
    username: str
    password: str = field(repr=False)
    ca_file: str
    prefix: str


def load(path: str) -> Settings:
    """Return the settings in the file at path.

    Values are read with ConfigParser's interpolation (a `%` is written `%%`), because the add-on
    server_environment reads every section but [options] that way.
    """
    parser = configparser.ConfigParser()
    try:
        with open(path, encoding="utf-8") as file:
            parser.read_file(file)
        if not parser.has_section(SECTION):
            raise SettingsError(f"{path} has no section [{SECTION}]")
        values = {name: parser.get(SECTION, name, fallback="").strip() for name in Settings.__dataclass_fields__}
    except OSError as err:
        raise SettingsError(f"cannot read {path}: {err.strerror}") from err
    except configparser.Error as err:
        raise SettingsError(f"cannot parse [{SECTION}] in {path}: {type(err).__name__}") from None
    return _checked(path, values)


def _checked(path: str, values: dict[str, str]) -> Settings:
    missing = sorted(name for name, value in values.items() if not value)
    if missing:
        raise SettingsError(f"[{SECTION}] in {path} lacks {', '.join(missing)}")
    port = values.pop("port")
    if not port.isdigit() or not 0 < int(port) < 65536:
        raise SettingsError(f"[{SECTION}] port in {path} is not a port number")
    if not values["prefix"].endswith(":"):
        raise SettingsError(f"[{SECTION}] prefix in {path} must end with ':' (else it also covers longer names)")
    if not Path(values["ca_file"]).is_file():
        raise SettingsError(f"[{SECTION}] ca_file in {path} names no file")
    return Settings(port=int(port), **values)
