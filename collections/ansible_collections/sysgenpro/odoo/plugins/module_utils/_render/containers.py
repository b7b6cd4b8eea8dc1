# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all containers of this collection share, and the one that runs a program once."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import typing as t

from .odoo_conf import CONNECT_SECONDS

#: Part of every release: a change here moves containers only when they are deployed, see Desired.release.
RENDERING_VERSION = 1

LABEL = "sysgenpro.odoo/"
ODOO_UID = 101
#: Bytes; installing sixty modules takes a good part of one GiB.
ONE_OFF_MEMORY = 3 * 1024**3
LOG = {"Type": "json-file", "Config": {"max-size": "10m", "max-file": "3"}}


@dataclasses.dataclass(frozen=True)
class Home:
    """Where a program that runs once expects its files in its image, and as whom it runs."""

    uid: int
    plain: str
    scratch: str


ODOO_HOME = Home(ODOO_UID, plain="/etc/odoo", scratch="/run/odoo")
RECOVERY_HOME = Home(999, plain="/etc/recovery", scratch="/run/recovery")


def digest(value: t.Any) -> str:
    """Twelve hexadecimal digits that change with ``value``."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:12]


def one_off_body(
    image: str,
    argv: t.Sequence[str],
    directory: str,
    labels: t.Mapping[str, str],
    writable: str = "",
    home: Home = ODOO_HOME,
) -> dict[str, t.Any]:
    """The create request of a container that runs once, configured from ``directory``, with ``writable`` bound at /out."""
    return {
        "Image": image,
        "Cmd": list(argv),
        "User": f"{home.uid}:{home.uid}",
        "Env": [f"PGCONNECT_TIMEOUT={CONNECT_SECONDS}"],
        "Labels": dict(labels),
        "HostConfig": {
            "Binds": [
                f"{directory}/plain:{home.plain}:ro",
                f"{directory}/secret:/run/secrets:ro",
                *([f"{writable}:/out"] if writable else []),
            ],
            "CapDrop": ["ALL"],
            "LogConfig": LOG,
            "Memory": ONE_OFF_MEMORY,
            "MemorySwap": ONE_OFF_MEMORY,
            "PidsLimit": 512,
            "ReadonlyRootfs": True,
            "SecurityOpt": ["no-new-privileges"],
            "Tmpfs": {
                "/tmp": "rw,nosuid,nodev,size=512m,mode=1777",  # a path inside the container
                # base writes its files here before they are moved into the database.
                home.scratch: f"rw,nosuid,nodev,noexec,size=256m,mode=0700,uid={home.uid},gid={home.uid}",
            },
        },
    }
