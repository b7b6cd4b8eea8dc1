# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the programs of the image C(recovery): recovery points, their list, the check of a filestore."""

from __future__ import annotations

import json
import typing as t

from .._adapters import files
from .._render import recovery
from .._render.containers import LABEL, RECOVERY_HOME
from .._support.errors import OdooError
from .one_off import OneOff, run_to_end, running

if t.TYPE_CHECKING:
    from .._adapters.docker_engine import DockerEngine
    from .._model.tenant import Tenant
    from .._render.recovery import Ask


def run_verb(engine: DockerEngine, tenant: Tenant, image: str, ask: Ask) -> dict[str, t.Any]:
    """Run one verb in a container of this host and return its result.

    An earlier run of the same verb is waited for and not joined: what it saw is older than what is asked for now.

    :raises OdooError: with what the program says failed and what to do.
    """
    ca = files.read(tenant.ca_file)
    if ca is None:
        raise OdooError(f"The region's CA is not at {tenant.ca_file}", hint="Run the role docker_host on this host")
    name = f"{tenant.tenant}-recovery-{ask.verb}"
    if running(engine, name):
        engine.wait(name)
    job = OneOff(
        name=name,
        image=image,
        argv=("/usr/local/bin/recovery", ask.verb),
        directory=f"{tenant.config_path}/.{name}",
        files=ask.files(ca),
        labels={f"{LABEL}region": tenant.region, f"{LABEL}component": "recovery"},
        home=RECOVERY_HOME,
    )
    code, lines = run_to_end(engine, job)
    return result(code, lines)


def result(code: int, lines: t.Sequence[str]) -> dict[str, t.Any]:
    """The last line of a program's output as its result.

    :raises OdooError: when it failed, or ended without a result.
    """
    try:
        answer = json.loads(lines[-1])
    except (IndexError, ValueError):
        answer = None
    if not isinstance(answer, dict):
        said = "\n".join(lines[-20:])
        raise OdooError(f"The program ended with exit status {code} and no result\n--- its last lines\n{said}")
    if code:
        raise OdooError(answer.get("error", f"exit status {code}"), hint=answer.get("hint", ""))
    return answer


def release(engine: DockerEngine, tenant: Tenant) -> dict[str, t.Any]:
    """What the tenant is declared to run and what runs on this host."""
    image = engine.image_id(tenant.image)
    found = engine.containers({f"{LABEL}region": tenant.region, f"{LABEL}tenant": tenant.tenant})
    running_now = {item["Labels"].get(f"{LABEL}workload", ""): item["ImageID"] for item in found}
    return recovery.release(tenant, image or "", dict(sorted(running_now.items())))
