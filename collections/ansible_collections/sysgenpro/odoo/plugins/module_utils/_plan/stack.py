# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the observed to the desired stack of one tenant, as ordered steps. Pure: no clock, no network, no file."""

from __future__ import annotations

import dataclasses
import typing as t

from .._support.errors import OdooError
from .addresses import choose_subnet, free_addresses
from .types import Container, Network, Observed, Step

if t.TYPE_CHECKING:
    from .._render.docker import ContainerSet, Desired

RouteRenderer = t.Callable[[t.Sequence[str], t.Sequence[str]], str]
#: States of a container that a start brings back.
STARTABLE = frozenset({"created", "exited"})
ALIVE = frozenset({"running", "restarting"})


@dataclasses.dataclass(frozen=True)
class Assignment:
    """What becomes of one workload's containers."""

    wanted: ContainerSet
    keep: tuple[Container, ...]
    new: tuple[Container, ...]
    stale: tuple[Container, ...]

    @property
    def addresses(self) -> tuple[str, ...]:
        return tuple(sorted(container.address for container in (*self.keep, *self.new)))

    @property
    def starting(self) -> tuple[Container, ...]:
        return (*(container for container in self.keep if container.state in STARTABLE), *self.new)


def plan_stack(desired: Desired, observed: Observed, route: RouteRenderer) -> tuple[Step, ...]:
    """Steps that make ``observed`` into ``desired``; none when it already is.

    :param route: renders the Traefik file for the addresses of web and websocket containers.
    :raises OdooError: when no subnet or address is free.
    """
    network = observed.network or Network(
        desired.network, choose_subnet(desired.network_pool, observed.taken_subnets, desired.network)
    )
    assignments = _assign(desired, observed, network)
    by_workload = {assignment.wanted.workload: assignment for assignment in assignments}
    steps: list[Step] = []
    if observed.network is None:
        steps.append(Step("create_network", network.name, "it does not exist", address=network.subnet))
    steps += _files(desired, observed)

    smooth = [assignment for assignment in assignments if assignment.wanted.replaces == "blue_green"]
    abrupt = [assignment for assignment in assignments if assignment.wanted.replaces == "stop_start"]
    routing = _route(desired, observed, by_workload, route)
    early = _first_route(desired, observed, by_workload["web"], route)
    for number, together in enumerate(_first_alone(smooth) if early else [smooth]):
        for assignment in together:
            steps += _bring_up(assignment, "serving")
        if number == 0:
            steps += early
        steps += [_await(assignment, "serving") for assignment in together if assignment.starting]
    # A route for one server may be all there is.
    steps += [step for step in routing if not (early and step.content == early[0].content)]
    orphans = tuple(container for container in observed.containers if container.workload not in by_workload)
    retired = [container for assignment in smooth for container in assignment.stale] + list(orphans)
    steps += _retire(retired)
    for assignment in abrupt:
        phase = assignment.wanted.workload
        steps += [
            Step("stop_container", c.name, _stale_cause(assignment, c), phase)
            for c in assignment.stale
            if c.state in ALIVE
        ]
        steps += _bring_up(assignment, phase)
        steps += [_await(assignment, phase)] if assignment.starting else []
        steps += [Step("remove_container", c.name, _stale_cause(assignment, c)) for c in assignment.stale]
    return (*steps, *_obsolete_files(desired, observed))


def plan_absent(observed: Observed, tenant: str) -> tuple[Step, ...]:
    """Steps that remove everything of a tenant's stack: first the route, so that nobody is sent to what goes."""
    cause = "the tenant is decommissioned"
    steps: list[Step] = []
    if observed.route is not None:
        steps.append(Step("remove_route", tenant, cause))
    steps += _retire(list(observed.containers), cause)
    if observed.network:
        steps.append(Step("remove_network", observed.network.name, cause))
    steps += [Step("remove_files", directory, cause) for directory in sorted(observed.directories)]
    return tuple(steps)


def plan_asleep(observed: Observed, tenant: str, route: str) -> tuple[Step, ...]:
    """Steps after which nothing of the tenant runs and its names lead to the page that says so; none once that is so."""
    cause = "the tenant sleeps"
    steps: list[Step] = []
    if observed.route != route:
        steps += [
            Step("write_route", tenant, cause, content=route),
            Step("await_page", tenant, "the route was written"),
        ]
    alive = [container for container in observed.containers if container.state in ALIVE]
    return (*steps, *_drain(alive, cause), *(Step("stop_container", container.name, cause) for container in alive))


def plan_stopped(observed: Observed) -> tuple[Step, ...]:
    """Steps after which nothing of the tenant runs; files, bridge and route stay for the next start."""
    alive = [container for container in observed.containers if container.state in ALIVE]
    return tuple(Step("stop_container", container.name, "the tenant is stopped") for container in alive)


def _assign(desired: Desired, observed: Observed, network: Network) -> tuple[Assignment, ...]:
    used = {container.address for container in observed.containers if container.address}
    addresses = free_addresses(network.subnet, used)
    names = {container.name for container in observed.containers}
    assignments = []
    for wanted in desired.sets:
        mine = [container for container in observed.containers if container.workload == wanted.workload]
        usable = [c for c in mine if c.spec == wanted.spec and c.address and c.state in STARTABLE | ALIVE]
        usable.sort(key=lambda container: (container.state not in ALIVE, container.name))
        keep = tuple(usable[: wanted.replicas])
        new = tuple(_new(desired, wanted, names, addresses) for _position in range(wanted.replicas - len(keep)))
        stale = tuple(container for container in mine if container not in keep)
        assignments.append(Assignment(wanted, keep, new, stale))
    return tuple(assignments)


def _new(desired: Desired, wanted: ContainerSet, names: set[str], addresses: t.Iterator[str]) -> Container:
    index = 1
    while f"{desired.tenant}-{wanted.workload}-{index}-{wanted.spec[:8]}" in names:
        index += 1
    name = f"{desired.tenant}-{wanted.workload}-{index}-{wanted.spec[:8]}"
    names.add(name)
    try:
        return Container(name, wanted.workload, wanted.spec, "missing", next(addresses), wanted.directory)
    except StopIteration:
        raise OdooError(
            f"No free address for {name} on the tenant's bridge",
            hint="Remove containers that are not the tenant's from it",
        ) from None


def _files(desired: Desired, observed: Observed) -> list[Step]:
    return [
        Step(
            "write_files",
            wanted.directory,
            "changed by hand" if wanted.directory in observed.directories else "it does not exist",
            container_set=wanted,
        )
        for wanted in desired.sets
        if not observed.directories.get(wanted.directory)
    ]


def _obsolete_files(desired: Desired, observed: Observed) -> list[Step]:
    kept = {wanted.directory for wanted in desired.sets}
    return [
        Step("remove_files", path, "no container reads it any more")
        for path in sorted(observed.directories)
        if path not in kept
    ]


def _bring_up(assignment: Assignment, phase: str) -> list[Step]:
    if assignment.stale:
        cause = (
            "its specification changed"
            if any(c.spec != assignment.wanted.spec for c in assignment.stale)
            else "it cannot be started again"
        )
    else:
        cause = "it does not exist"
    steps = [Step("create_container", c.name, cause, phase, assignment.wanted, c.address) for c in assignment.new]
    return steps + [
        Step(
            "start_container",
            c.name,
            cause if c.state == "missing" else f"it is {c.state}",
            phase,
            assignment.wanted,
            c.address,
        )
        for c in assignment.starting
    ]


def _first_alone(assignments: t.Sequence[Assignment]) -> list[list[Assignment]]:
    """One server with the host's processors to itself, then all others: the first page comes sooner."""
    web, *others = sorted(assignments, key=lambda assignment: assignment.wanted.workload != "web")
    first = web.starting[:1]
    alone = dataclasses.replace(web, keep=_only(web.keep, first), new=_only(web.new, first))
    rest = web.starting[1:]
    later = dataclasses.replace(web, keep=_only(web.keep, rest), new=_only(web.new, rest))
    return [[alone], [later, *others]]


def _only(containers: t.Sequence[Container], chosen: t.Sequence[Container]) -> tuple[Container, ...]:
    return tuple(container for container in containers if container in chosen)


def _await(assignment: Assignment, phase: str) -> Step:
    addresses = {container.name: (container.address,) for container in assignment.starting}
    return Step(
        "await_ready",
        assignment.wanted.workload,
        "containers were started",
        phase,
        assignment.wanted,
        addresses=addresses,
    )


def _first_route(desired: Desired, observed: Observed, web: Assignment, route: RouteRenderer) -> list[Step]:
    """Where nobody is served yet, Traefik learns the first server before it is ready and sends people to it as soon as it is.

    It learns no other one then: a request to an address that does not exist yet waits three seconds for an answer to ARP.
    """
    if observed.route is not None or not web.starting or any(container.state in ALIVE for container in web.keep):
        return []
    content = route([web.starting[0].address], ())
    return [Step("write_route", desired.tenant, "nobody is served yet", "serving", content=content)]


def _route(
    desired: Desired, observed: Observed, assignments: t.Mapping[str, Assignment], route: RouteRenderer
) -> list[Step]:
    web = assignments["web"].addresses
    websocket = assignments["websocket"].addresses if "websocket" in assignments else ()
    content = route(web, websocket)
    if content == observed.route:
        return []
    cause = "it does not exist" if observed.route is None else "its content differs"
    addresses = {
        workload: assignment.addresses
        for workload, assignment in assignments.items()
        if workload in ("web", "websocket")
    }
    return [
        Step("write_route", desired.tenant, cause, content=content),
        Step("await_route", desired.tenant, "the route was written", addresses=addresses),
    ]


def _retire(containers: list[Container], cause: str = "it is replaced") -> list[Step]:
    alive = [container for container in containers if container.state in ALIVE]
    return [
        *_drain(alive, cause),
        *(Step("stop_container", container.name, cause) for container in alive),
        *(Step("remove_container", container.name, cause) for container in containers),
    ]


def _drain(alive: t.Sequence[Container], cause: str) -> list[Step]:
    addresses = {container.name: (container.address,) for container in alive if container.address}
    return [Step("drain", ", ".join(sorted(addresses)), cause, addresses=addresses)] if addresses else []


def _stale_cause(assignment: Assignment, container: Container) -> str:
    return "its specification changed" if container.spec != assignment.wanted.spec else "there are more than wanted"
