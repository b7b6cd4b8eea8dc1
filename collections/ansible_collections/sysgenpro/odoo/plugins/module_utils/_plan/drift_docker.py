# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What differs between a tenant's declared and running objects on a Docker host. Pure.

Docker records when a container was made, started and ended, and no actor: C(by) is always empty.
"""

from __future__ import annotations

import typing as t

from .drift import RUNNING, Finding

if t.TYPE_CHECKING:
    from .._render.docker import ContainerSet, Desired
    from .types import Container, Observed, Step

Object = t.Mapping[str, t.Any]
NOTE = "Docker records no actor: of a difference there are field and time, and nobody's name"

#: Fields of a create request's HostConfig that can differ in a running container (docker update), by their names there.
_HOST = (
    "Binds", "CapDrop", "Memory", "MemorySwap", "NanoCpus", "PidsLimit", "ReadonlyRootfs", "RestartPolicy", "SecurityOpt",
    "Tmpfs",
)  # fmt: skip
_CONFIG = ("Image", "Cmd", "User", "Env")


def running(
    desired: Desired,
    observed: Observed,
    steps: t.Sequence[Step],
    inspected: t.Mapping[str, Object],
    changed: t.Mapping[str, str],
) -> list[Finding]:
    """Every difference, found by the plan and by a look at what the plan's labels do not tell.

    :param steps: of plan_stack.
    :param inspected: each of the tenant's containers in full, by its name.
    :param changed: when a file or directory was last changed (RFC 3339), by its path, the route under the tenant's name.
    """
    wanted = {item.workload: item for item in desired.sets}
    found = [finding for step in steps for finding in _of_step(desired.tenant, step, inspected, changed)]
    for container in observed.containers:
        current, full = wanted.get(container.workload), inspected.get(container.name, {})
        if current is None:
            subject = f"container {container.name}"
            found.append(Finding(desired.tenant, subject, RUNNING, "is not declared", since=full.get("Created", "")))
        elif full:
            found += _container(desired.tenant, container, current, full)
    return found


def asleep(tenant: str, steps: t.Sequence[Step], changed: str) -> list[Finding]:
    """What is not as it must be of a tenant that sleeps; its containers are compared when it wakes.

    :param steps: of plan_asleep.
    :param changed: when the route file was last changed.
    """
    found = []
    for step in steps:
        if step.action == "write_route":
            found.append(Finding(tenant, "route file", RUNNING, "does not lead to the page of sleepers", since=changed))
        elif step.action == "stop_container":
            found.append(Finding(tenant, f"container {step.subject}", RUNNING, "runs while the tenant sleeps"))
    return found


def _of_step(tenant: str, step: Step, inspected: t.Mapping[str, Object], changed: t.Mapping[str, str]) -> list[Finding]:
    subject, cause = step.subject, step.cause
    if step.action == "create_network":
        return [Finding(tenant, f"network {subject}", RUNNING, "is missing")]
    if step.action == "write_files":
        said = "is missing" if cause == "it does not exist" else "was changed by hand"
        return [Finding(tenant, f"directory {subject}", RUNNING, said, since=changed.get(subject, ""))]
    if step.action == "write_route":
        said = "is missing" if cause == "it does not exist" else "differs"
        return [Finding(tenant, "route file", RUNNING, said, since=changed.get(tenant, ""))]
    if step.action == "create_container" and cause == "it does not exist":
        return [Finding(tenant, f"container {subject}", RUNNING, "is missing")]
    if step.action == "start_container" and subject in inspected:
        state = inspected[subject]["State"]
        values = ("State.Status", "running", state["Status"])
        since = state.get("FinishedAt", "")
        return [Finding(tenant, f"container {subject}", RUNNING, "does not run", *values, since=since)]
    return []


def _container(tenant: str, container: Container, wanted: ContainerSet, full: Object) -> list[Finding]:
    """Fields of a container that are not those it must be made with; changes by docker update have no time of their own."""
    subject, since = f"container {container.name}", full.get("Created", "")
    pairs = [
        (f"HostConfig.{key}", wanted.body["HostConfig"][key], full["HostConfig"].get(key))
        for key in _HOST
        if key in wanted.body["HostConfig"]
    ]
    pairs += [(f"Config.{key}", wanted.body[key], full["Config"].get(key)) for key in _CONFIG if key in wanted.body]
    found = [
        Finding(tenant, subject, RUNNING, "differs", field, ours, theirs, since=since)
        for field, ours, theirs in pairs
        if not _same(field, ours, theirs)
    ]
    if not found and container.spec != wanted.spec:
        found.append(Finding(tenant, subject, RUNNING, "was made by another version of the rendering", since=since))
    return found


def _same(field: str, ours: t.Any, theirs: t.Any) -> bool:
    if field == "Config.Env":
        # The image brings variables of its own.
        return set(ours) <= set(theirs or [])
    if field == "HostConfig.RestartPolicy":
        return bool(ours["Name"] == (theirs or {}).get("Name"))
    return bool((ours or None) == (theirs or None))
