from __future__ import annotations

import dataclasses
import ipaddress
import json
import typing as t

import pytest
from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan.addresses import choose_subnet, free_addresses
from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan.stack import plan_absent, plan_stack
from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan.types import Container, Network, Observed, Step
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render import docker
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import OdooError
from hypothesis import given, settings
from hypothesis import strategies as st

from . import factories

if t.TYPE_CHECKING:
    from ansible_collections.sysgenpro.odoo.plugins.module_utils._render.docker import Desired

Effect = t.Callable[[Observed, Step], dict[str, t.Any]]
NOTHING = Observed(network=None, containers=(), directories={}, route=None)


def desired(**changes: t.Any) -> Desired:
    return docker.render(factories.tenant(**changes), factories.SECRETS, "CA")


def route(web: t.Iterable[str], websocket: t.Iterable[str]) -> str:
    return json.dumps([sorted(web), sorted(websocket)])


def apply(observed: Observed, steps: tuple[Step, ...]) -> Observed:
    """What the world looks like after ``steps``: the plan's meaning, without Docker."""
    for step in steps:
        observed = (
            dataclasses.replace(observed, **EFFECTS[step.action](observed, step))
            if step.action in EFFECTS
            else observed
        )
    return observed


def created(observed: Observed, step: Step) -> dict[str, t.Any]:
    assert step.container_set is not None
    assert step.subject not in {container.name for container in observed.containers}
    assert step.address not in {container.address for container in observed.containers}
    made = Container(step.subject, step.container_set.workload, step.container_set.spec, "created", step.address)
    return {"containers": tuple(sorted((*observed.containers, made), key=lambda container: container.name))}


def in_state(state: str) -> Effect:
    def effect(observed: Observed, step: Step) -> dict[str, t.Any]:
        assert step.subject in {container.name for container in observed.containers}
        changed = (dataclasses.replace(c, state=state) if c.name == step.subject else c for c in observed.containers)
        return {"containers": tuple(changed)}

    return effect


EFFECTS: dict[str, Effect] = {
    "create_network": lambda _observed, step: {"network": Network(step.subject, step.address)},
    "remove_network": lambda _observed, _step: {"network": None},
    "write_files": lambda observed, step: {"directories": {**observed.directories, step.subject: True}},
    "remove_files": lambda observed, step: {
        "directories": {k: v for k, v in observed.directories.items() if k != step.subject}
    },
    "create_container": created,
    "start_container": in_state("running"),
    "stop_container": in_state("exited"),
    "remove_container": lambda observed, step: {
        "containers": tuple(c for c in observed.containers if c.name != step.subject)
    },
    "write_route": lambda _observed, step: {"route": step.content},
    "remove_route": lambda _observed, _step: {"route": None},
}


def actions(steps: tuple[Step, ...]) -> list[str]:
    return [f"{step.action} {step.subject}" for step in steps if step.action not in ("write_files", "remove_files")]


def converged(**changes: t.Any) -> tuple[Desired, Observed]:
    wanted = desired(**changes)
    return wanted, apply(NOTHING, plan_stack(wanted, NOTHING, route))


def test_a_new_tenant_serves_before_cron_and_queue_start() -> None:
    wanted = desired()
    done = actions(plan_stack(wanted, NOTHING, route))
    spec = {item.workload: item.spec[:8] for item in wanted.sets}
    assert done == [
        "create_network local-acme_production",
        # The first server has the processors to itself and serves as soon as Traefik finds it ready.
        f"create_container acme_production-web-1-{spec['web']}",
        f"start_container acme_production-web-1-{spec['web']}",
        "write_route acme_production",
        "await_ready web",
        f"create_container acme_production-web-2-{spec['web']}",
        f"start_container acme_production-web-2-{spec['web']}",
        f"create_container acme_production-websocket-1-{spec['websocket']}",
        f"start_container acme_production-websocket-1-{spec['websocket']}",
        "await_ready web",
        "await_ready websocket",
        "write_route acme_production",
        "await_route acme_production",
        f"create_container acme_production-cron-1-{spec['cron']}",
        f"start_container acme_production-cron-1-{spec['cron']}",
        "await_ready cron",
        f"create_container acme_production-queue-1-{spec['queue']}",
        f"start_container acme_production-queue-1-{spec['queue']}",
        "await_ready queue",
    ]


def test_a_converged_stack_needs_nothing() -> None:
    wanted, observed = converged()
    assert plan_stack(wanted, observed, route) == ()


def test_a_new_image_replaces_web_before_the_old_goes_and_cron_after() -> None:
    _old, observed = converged()
    wanted = desired(odoo_image="sysgenpro/odoo:19.0-ffffffffffff")
    steps = plan_stack(wanted, observed, route)
    order = [(step.action, step.subject.split("-")[1] if "-" in step.subject else step.subject) for step in steps]
    ready, routed = order.index(("await_ready", "web")), order.index(("await_route", "acme_production"))
    drained = next(index for index, step in enumerate(steps) if step.action == "drain")
    gone = min(
        index for index, (action, workload) in enumerate(order) if action == "stop_container" and workload == "web"
    )
    assert ready < routed < drained < gone
    stopped, started = order.index(("stop_container", "cron")), order.index(("start_container", "cron"))
    assert gone < stopped < started
    after = apply(observed, steps)
    assert plan_stack(wanted, after, route) == ()
    assert {container.spec for container in after.containers} == {item.spec for item in wanted.sets}


def test_cron_never_runs_twice() -> None:
    _old, observed = converged()
    wanted = desired(odoo_image="sysgenpro/odoo:19.0-ffffffffffff")
    world = observed
    for step in plan_stack(wanted, observed, route):
        world = apply(world, (step,))
        assert sum(container.workload == "cron" and container.state == "running" for container in world.containers) <= 1


def test_web_is_never_without_a_running_server_on_the_route() -> None:
    _old, world = converged()
    wanted = desired(odoo_image="sysgenpro/odoo:19.0-ffffffffffff")
    for step in plan_stack(wanted, world, route):
        world = apply(world, (step,))
        routed = set(json.loads(world.route or "[[], []]")[0])
        running = {
            container.address
            for container in world.containers
            if container.state == "running" and container.workload == "web"
        }
        assert routed
        assert routed <= running


def test_a_container_that_exited_is_started_again() -> None:
    wanted, observed = converged()
    broken = tuple(dataclasses.replace(c, state="exited") if c.workload == "cron" else c for c in observed.containers)
    steps = plan_stack(wanted, dataclasses.replace(observed, containers=broken), route)
    assert [step.action for step in steps] == ["start_container", "await_ready"]


def test_files_changed_by_hand_are_written_again() -> None:
    wanted, observed = converged()
    directories = {path: "cron" not in path for path in observed.directories}
    (step,) = plan_stack(wanted, dataclasses.replace(observed, directories=directories), route)
    assert (step.action, step.cause) == ("write_files", "changed by hand")


def test_fewer_replicas_leave_the_route_before_they_stop() -> None:
    _old, observed = converged(odoo_web_replicas=3)
    wanted = desired(odoo_web_replicas=1)
    steps = plan_stack(wanted, observed, route)
    assert [step.action for step in steps] == [
        "write_route",
        "await_route",
        "drain",
        "stop_container",
        "stop_container",
        "remove_container",
        "remove_container",
    ]


def test_a_tenant_made_compact_loses_its_other_workloads_after_the_route_moved() -> None:
    _old, observed = converged()
    wanted = desired(odoo_packing="compact")
    steps = plan_stack(wanted, observed, route)
    after = apply(observed, steps)
    assert [container.workload for container in after.containers] == ["web"]
    assert [step.action for step in steps].index("await_route") < [step.action for step in steps].index(
        "stop_container"
    )


def test_decommissioning_removes_everything_and_the_route_first() -> None:
    _wanted, observed = converged()
    steps = plan_absent(observed, "acme_production")
    assert steps[0].action == "remove_route"
    after = apply(observed, steps)
    assert after == NOTHING


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_run_killed_anywhere_is_finished_by_the_next(data: st.DataObject) -> None:
    """From any prefix of any change, the next plan converges, with no container left that is not wanted."""
    changes = st.fixed_dictionaries(
        {
            "odoo_web_replicas": st.integers(1, 4),
            "odoo_web_workers": st.integers(1, 3),
            "odoo_packing": st.sampled_from(["separate", "compact"]),
            "odoo_image": st.sampled_from([factories.IMAGE, "sysgenpro/odoo:19.0-ffffffffffff"]),
        }
    )
    world = NOTHING
    for _round in range(data.draw(st.integers(1, 3))):
        wanted = desired(**data.draw(changes))
        steps = plan_stack(wanted, world, route)
        world = apply(world, steps[: data.draw(st.integers(0, len(steps)))])
    wanted = desired(**data.draw(changes))
    world = apply(world, plan_stack(wanted, world, route))
    assert plan_stack(wanted, world, route) == ()
    assert len(world.containers) == sum(item.replicas for item in wanted.sets)
    assert {item.directory for item in wanted.sets} == set(world.directories)


@given(st.sets(st.integers(0, 2047), max_size=300), st.text(max_size=10))
def test_a_chosen_subnet_overlaps_nothing(taken: set[int], key: str) -> None:
    base = int(ipaddress.ip_address("10.213.0.0"))
    used = [f"{ipaddress.ip_address(base + 32 * index)}/27" for index in taken]
    chosen = ipaddress.IPv4Network(choose_subnet("10.213.0.0/16", used, key))
    assert not any(chosen.overlaps(ipaddress.IPv4Network(subnet)) for subnet in used)
    assert chosen.subnet_of(ipaddress.IPv4Network("10.213.0.0/16"))


def test_an_exhausted_pool_says_so() -> None:
    with pytest.raises(OdooError, match="No free subnet"):
        choose_subnet("10.213.0.0/24", ["10.213.0.0/24"], "acme")


def test_addresses_leave_out_the_gateway_and_what_is_used() -> None:
    assert next(free_addresses("10.213.0.0/27", {"10.213.0.2"})) == "10.213.0.3"
