# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a value must look like, as small named rules.

A rule returns None for an acceptable value, else the text of what would be accepted.
"""

from __future__ import annotations

import ipaddress
import re
import typing as t

Rule = t.Callable[[t.Any], t.Optional[str]]

HOST_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def matches(pattern: str, description: str) -> Rule:
    compiled = re.compile(pattern)
    return lambda value: None if compiled.fullmatch(value) else description


def between(low: int, high: int) -> Rule:
    return lambda value: None if low <= value <= high else f"a whole number from {low} to {high}"


def every(rule: Rule) -> Rule:
    """Apply ``rule`` to each element of a list."""

    def check(value: list[t.Any]) -> str | None:
        for element in value:
            problem = rule(element)
            if problem:
                return f"a list whose every element is {problem}"
        return None

    return check


def host_name(value: str) -> str | None:
    labels = value.split(".")
    good = len(value) <= 253 and len(labels) >= 2 and all(HOST_LABEL.fullmatch(label) for label in labels)
    return None if good else "a DNS name in lower case with at least two labels, for example shop.example.com"


def network(value: str) -> str | None:
    try:
        ipaddress.ip_network(value)
    except ValueError:
        return "a network in CIDR notation, for example 192.0.2.0/24"
    return None


def contains(value: str, address: str) -> bool:
    """Whether ``value`` is a network and ``address`` an address in it."""
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(value)
    except ValueError:
        return False


def network_pool(value: str) -> str | None:
    problem = network(value)
    if problem:
        return problem
    pool = ipaddress.ip_network(value)
    return (
        None
        if pool.version == 4 and pool.prefixlen <= 24
        else "an IPv4 network of at least 256 addresses, for example 10.213.0.0/16"
    )


#: PostgreSQL truncates identifiers at 63 bytes; anything else would need quoting in every tool an operator uses.
identifier = matches(
    r"[a-z_][a-z0-9_]{0,62}", "a PostgreSQL identifier: 1 to 63 of a-z, 0-9 and _, not starting with a digit"
)
RESERVED_DATABASES = frozenset({"postgres", "template0", "template1", "pgbouncer"})
#: Roles of a cluster itself (role postgresql); the last is the group of the tenants' reporting roles.
RESERVED_ROLES = frozenset({"postgres", "provisioner", "replicator", "rewind", "pgbouncer_auth", "reporters", "public"})


def database_name(value: str) -> str | None:
    if value in RESERVED_DATABASES:
        return f"a name other than {', '.join(sorted(RESERVED_DATABASES))}"
    return identifier(value)


def role_name(value: str) -> str | None:
    if value in RESERVED_ROLES or value.startswith("pg_"):
        return f"a name other than {', '.join(sorted(RESERVED_ROLES))}, and not starting with pg_"
    return identifier(value)


def service_hosts(value: t.Any) -> str | None:
    """One name or address, or several: in a list, or in a text separated by commas as libpq takes them."""
    names = hosts(value)
    if names and all(isinstance(name, str) and _SERVICE_HOST.fullmatch(name) for name in names):
        return None
    return "a name or an IPv4 address, or several, as a list or separated by commas"


def hosts(value: t.Any) -> list[t.Any]:
    """The names in ``value``, in their order: the first that answers is taken."""
    if isinstance(value, str):
        return [name.strip() for name in value.split(",")]
    return list(value) if isinstance(value, (list, tuple)) else []


_SERVICE_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


tenant_name = matches(
    r"[a-z][a-z0-9]*(_[a-z0-9]+)*", "lower-case words joined by single underscores, starting with a letter"
)
module_name = matches(r"[a-z][a-z0-9_]*", "an Odoo module's technical name: a-z, 0-9 and _")
language = matches(r"[a-z]{2,3}(_[A-Z]{2})?(@[a-z]+)?", "a language code such as en_US or fr_FR")
country = matches(r"[A-Z]{2}", "an ISO 3166 country code such as US or FR")
image_reference = matches(
    r"([a-z0-9.-]+(:[0-9]+)?/)?[a-z0-9._/-]+(:[A-Za-z0-9._-]+)?(@sha256:[0-9a-f]{64})?",
    "an image reference such as registry.example.com/odoo@sha256:… or sysgenpro/odoo:19.0-…",
)
absolute_path = matches(r"/[A-Za-z0-9._/-]+", "an absolute path")
