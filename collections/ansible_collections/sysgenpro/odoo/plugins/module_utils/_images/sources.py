# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a Debian host gets packages from, so that image builds on it ask the same servers.

Formats: sources.list(5) and pip's configuration files.
"""

from __future__ import annotations

import configparser
import re
import typing as t
from dataclasses import dataclass

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

#: Options of apt that describe how to reach servers; the rest concerns the host alone.
ACQUIRE = re.compile(r"Acquire::(https?::(Proxy|Timeout)\b.*|Check-Valid-Until|Check-Date|Retries|ForceIPv[46]) ")
#: Options of pip that describe where packages are. The certificate is a path of the host.
PIP_OPTIONS = ("index-url", "extra-index-url", "trusted-host", "proxy", "timeout", "default-timeout", "retries")


@dataclass(frozen=True)
class Entry:
    """One source of packages."""

    uri: str
    suite: str
    components: tuple[str, ...]


def parse_list(text: str) -> Iterator[Entry]:
    """Return the entries of a one-line-style file."""
    for line in text.splitlines():
        words = re.sub(r"\[[^]]*\]", " ", line.partition("#")[0]).split()
        if len(words) >= 3 and words[0] == "deb":
            yield Entry(words[1].rstrip("/"), words[2], tuple(words[3:]))


def parse_deb822(text: str) -> Iterator[Entry]:
    """Return the entries of a deb822-style file."""
    for stanza in re.split(r"\n\s*\n", text):
        fields: dict[str, str] = {}
        name = ""
        for line in stanza.splitlines():
            if line.startswith("#"):
                continue
            if line[:1].isspace():
                fields[name] = f"{fields.get(name, '')} {line.strip()}"
            elif ":" in line:
                name, _colon, value = line.partition(":")
                name = name.strip().lower()
                fields[name] = value.strip()
        if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes").lower() in ("no", "false", "0"):
            continue
        for uri in fields.get("uris", "").split():
            for suite in fields.get("suites", "").split():
                yield Entry(uri.rstrip("/"), suite, tuple(fields.get("components", "").split()))


def parse_files(files: Mapping[str, str]) -> list[Entry]:
    """Return the entries of all files, given by name."""
    entries: list[Entry] = []
    for name in sorted(files):
        entries.extend(parse_deb822(files[name]) if name.endswith(".sources") else parse_list(files[name]))
    return entries


def mirrors(entries: Iterable[Entry], codename: str) -> dict[str, str]:
    """Return the servers of a host's own release, of its updates and of its security updates; absent ones are missing."""
    found: dict[str, str] = {}
    for entry in entries:
        if not entry.uri.startswith(("http://", "https://")) or "main" not in entry.components:
            continue
        for name, suite in (
            ("main", codename),
            ("updates", f"{codename}-updates"),
            ("security", f"{codename}-security"),
        ):
            if entry.suite == suite:
                found.setdefault(name, entry.uri)
    return found


def acquire_options(dump: str) -> list[str]:
    """Return the lines of ``apt-config dump`` that concern reaching servers."""
    return [line for line in dump.splitlines() if ACQUIRE.match(line)]


def pip_options(files: Iterable[str], environment: Mapping[str, str]) -> dict[str, str]:
    """Return pip's options, from the texts of its configuration files (the last wins) and from PIP_* (which win)."""
    options: dict[str, str] = {}
    for text in files:
        parser = configparser.RawConfigParser()
        try:
            parser.read_string(text)
        except configparser.Error:
            continue
        for section in ("global", "install", "download"):
            if parser.has_section(section):
                options.update({name: value for name, value in parser.items(section) if name in PIP_OPTIONS})
    for name in PIP_OPTIONS:
        value = environment.get(f"PIP_{name.upper().replace('-', '_')}")
        if value:
            options[name] = value
    return options


def pip_configuration(options: Mapping[str, str]) -> str:
    """Return the options as the text of pip's configuration file."""
    lines = [f"{name} = {' '.join(value.split())}" for name, value in sorted(options.items())]
    return "\n".join(["[global]", *lines, ""])
