# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""Slices of argument specifications; the documentation fragment of each bears the same name."""

import typing as t

TENANT: dict[str, t.Any] = {"tenant": {"type": "dict", "required": True}}


def _secret(required: bool = True) -> dict[str, t.Any]:
    return {"type": "str", "no_log": True, **({"required": True} if required else {"default": ""})}


TENANT_SECRETS: dict[str, t.Any] = {
    "secrets": {
        "type": "dict",
        "required": True,
        "no_log": False,  # the options below are what must not be logged
        "options": {
            **{name: _secret() for name in ("database", "redis", "s3_access_key", "s3_secret_key", "master")},
            "certificate": {"type": "str", "default": ""},
            "private_key": _secret(required=False),
        },
    }
}

TENANT_PASSWORDS: dict[str, t.Any] = {
    "passwords": {
        "type": "dict",
        "required": True,
        "no_log": False,  # the options below are what must not be logged
        "options": {
            name: _secret() for name in ("provisioner", "database", "admin", "health", "health_key", "reporting")
        },
    }
}

_SERVER: dict[str, t.Any] = {"host": {"type": "str", "required": True}, "port": {"type": "int", "required": True}}

STACK: dict[str, t.Any] = {
    "state": {"type": "str", "choices": ["present", "awake", "asleep", "stopped", "absent"], "default": "present"},
    "rest": {
        "type": "dict",
        "options": {
            "since": {"type": "str", "default": ""},
            "until": {"type": "str", "default": ""},
            "cause": {"type": "str", "default": ""},
        },
    },
    "restored": {"type": "dict", "options": _SERVER},
    "home": {"type": "bool", "default": False},
    "kubeconfig": {"type": "path"},
    "context": {"type": "str"},
    "force": {"type": "bool", "default": False},
    "scope": {"type": "str", "choices": ["all", "secrets"], "default": "all"},
}
STACK_EXCLUSIVE = [("restored", "home")]

BUCKET: dict[str, t.Any] = {
    "endpoint": {"type": "str", "required": True},
    "bucket": {"type": "str", "required": True},
    "region": {"type": "str", "default": "us-east-1"},
    "access_key": {"type": "str", "required": True, "no_log": False},
    "secret_key": _secret(),
}

EVIDENCE: dict[str, t.Any] = {
    "image": {"type": "str", "required": True},
    "evidence": {"type": "dict", "required": True, "options": BUCKET},
    "public_key": {"type": "str", "required": True, "no_log": False},
}
