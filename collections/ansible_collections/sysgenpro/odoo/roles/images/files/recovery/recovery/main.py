# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command: recovery VERB. Reads its request from files and prints one JSON line as the last of its output."""

from __future__ import annotations

import json
import sys
import typing as t
from pathlib import Path

from .errors import RecoveryError
from .evidence import listing, report, verify
from .filestore import check, files, prove
from .request import Request, parse
from .take import point

VERBS: t.Mapping[str, t.Callable[[Request], dict[str, t.Any]]] = {
    "point": point,
    "check": check,
    "prove": prove,
    "verify": verify,
    "list": listing,
    "files": files,
    "report": report,
}
PLAIN = Path("/etc/recovery")
SECRET = Path("/run/secrets")


def main(argv: t.Sequence[str], *, plain: Path = PLAIN, secret: Path = SECRET) -> int:
    """Run one verb; 0, or 1 with what failed and what to do as the result."""
    try:
        if len(argv) != 1 or argv[0] not in VERBS:
            raise RecoveryError(f"Usage: recovery {'|'.join(VERBS)}")
        request = parse(
            json.loads((plain / "request.json").read_text(encoding="utf-8")),
            json.loads((secret / "recovery.json").read_text(encoding="utf-8")),
            ca_file=str(plain / "ca.crt"),
            signing_key=str(secret / "minisign.key"),
        )
        result = VERBS[argv[0]](request)
    except RecoveryError as error:
        return _print({"error": error.message, "hint": error.hint}, 1)
    except OSError as error:
        return _print({"error": f"{error.filename or 'input'}: {error.strerror or error}", "hint": ""}, 1)
    return _print(result, 0)


def _print(result: t.Mapping[str, t.Any], status: int) -> int:
    print(json.dumps(result, sort_keys=True), file=sys.stdout, flush=True)
    return status
