"""A Patroni cluster: what its conditions are called, and what is done or refused under them."""

from __future__ import annotations

import contextlib
import dataclasses
import typing as t

import pytest
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model import patroni as model
from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan import patroni as planner
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import OdooError
from hypothesis import given
from hypothesis import strategies as st

CONFIGURATION = {
    "synchronous_mode": True,
    "maximum_lag_on_failover": 1000,
    "postgresql": {"parameters": {"jit": "off"}},
}


def member(name: str, **changes: t.Any) -> model.Member:
    values = {"role": "replica", "state": "streaming", "timeline": 4, "lag": 0, "started": "then", **changes}
    return model.Member(name=name, url=f"https://{name}:8008", **values)


LEADER = member("db1", role="leader", state="running", lag=None)
STANDBY = member("db2", role="sync_standby")
REPLICA = member("db3")


def cluster(*members: model.Member, **changes: t.Any) -> model.Topology:
    values = {"configuration": CONFIGURATION, **changes}
    return model.Topology(scope="local-shared", members=members or (LEADER, STANDBY, REPLICA), **values)


def changed(who: model.Member, **changes: t.Any) -> model.Member:
    return dataclasses.replace(who, **changes)


def names(topology: model.Topology) -> list[str]:
    return [condition.name for condition in model.conditions(topology)]


def switch(topology: model.Topology, **arguments: t.Any) -> tuple[planner.Step, ...]:
    return planner.plan_switchover(topology, **{"candidate": None, "leader": None, "maximum_lag": None, **arguments})


def restart(topology: model.Topology, **arguments: t.Any) -> list[tuple[str, str]]:
    steps = planner.plan_restart(topology, **{"member": None, "switch_over": True, **arguments})
    return [(step.action, step.member) for step in steps]


@pytest.mark.parametrize(
    ("topology", "expected"),
    [
        (cluster(), []),
        (cluster(STANDBY, REPLICA), ["no_leader"]),
        (cluster(changed(LEADER, answers=False), STANDBY, REPLICA), ["no_leader", "member_down"]),
        (cluster(dcs=False), ["dcs_unreachable"]),
        (cluster(LEADER, changed(STANDBY, role="replica"), REPLICA), ["synchronous_standby_lost"]),
        (
            cluster(LEADER, changed(STANDBY, answers=False), REPLICA),
            ["synchronous_standby_lost", "member_down"],
        ),
        (cluster(LEADER, STANDBY, changed(REPLICA, state="start failed")), ["member_down"]),
        (cluster(LEADER, STANDBY, silent=("https://db3:8008",)), ["member_down"]),
        (cluster(LEADER, STANDBY, changed(REPLICA, timeline=3)), ["timeline_diverged"]),
        (cluster(LEADER, STANDBY, changed(REPLICA, state="running")), ["replica_not_streaming"]),
        (cluster(LEADER, STANDBY, changed(REPLICA, lag=1001)), ["replica_lagging"]),
        (cluster(LEADER, STANDBY, changed(REPLICA, lag=1000)), []),
        (cluster(paused=True), ["paused"]),
    ],
)
def test_a_condition_has_a_name(topology: model.Topology, expected: list[str]) -> None:
    assert names(topology) == expected
    assert model.condition(model.conditions(topology)) == (expected or ["healthy"])[0]


def test_a_cluster_of_one_lacks_no_standby() -> None:
    assert names(cluster(LEADER)) == []
    assert names(cluster(LEADER, silent=("https://db2:8008",))) == ["synchronous_standby_lost", "member_down"]


def test_asynchronous_clusters_lack_no_synchronous_standby() -> None:
    assert names(cluster(LEADER, changed(STANDBY, role="replica"), configuration={})) == []


def test_what_is_returned_holds_plain_data() -> None:
    seen = cluster(changed(LEADER, pending_restart=True, pending_reason={"jit": {}}), STANDBY).public()
    assert (seen["leader"], seen["synchronous_standbys"], seen["pending_restart"]) == ("db1", ["db2"], ["db1"])
    assert seen["members"][0]["pending_parameters"] == ["jit"]


def test_a_switchover_goes_to_the_synchronous_standby() -> None:
    assert switch(cluster()) == (planner.Step("switchover", "db2", "db1 leads"),)
    assert switch(cluster(), candidate="db2", leader="db1")[0].member == "db2"


def test_what_is_so_already_is_left_alone() -> None:
    assert switch(cluster(), candidate="db1") == ()
    assert switch(cluster(), leader="db2") == ()
    assert switch(cluster(paused=True), candidate="db1") == ()


@pytest.mark.parametrize(
    ("topology", "candidate", "message"),
    [
        (cluster(), "db9", "has no member db9. Accepted: db1, db2, db3"),
        (cluster(), "db3", "db3 is no synchronous standby. Accepted as candidate now: db2"),
        (cluster(LEADER, changed(STANDBY, state="running")), "db2", "db2 is running, not streaming"),
        (cluster(LEADER, changed(STANDBY, answers=False)), "db2", "db2 is not answering"),
        (cluster(LEADER, changed(STANDBY, timeline=3)), "db2", "db2 is on timeline 3, db1 on 4"),
        (cluster(LEADER, changed(STANDBY, lag=1001)), "db2", "db2 is 1001 bytes behind, 1000 are accepted"),
        (cluster(LEADER, changed(STANDBY, lag=None)), "db2", "db2 is an unknown number of bytes behind"),
        (cluster(LEADER, changed(STANDBY, nofailover=True)), "db2", "tag nofailover"),
        (cluster(paused=True), "db2", "paused: the cluster is in maintenance"),
        (cluster(dcs=False), "db2", "dcs_unreachable"),
        (cluster(STANDBY, REPLICA), "db2", "no_leader: no member leads"),
        (cluster(LEADER), None, "it has no replica"),
    ],
)
def test_a_switchover_is_refused_with_what_was_seen(
    topology: model.Topology, candidate: str | None, message: str
) -> None:
    with pytest.raises(OdooError) as raised:
        switch(topology, candidate=candidate)
    assert message in str(raised.value)
    assert raised.value.hint


def test_the_wrong_leader_is_refused() -> None:
    with pytest.raises(OdooError, match="db1 leads, not db3"):
        switch(cluster(), candidate="db2", leader="db3")


def test_the_accepted_lag_is_the_callers_to_say() -> None:
    lagging = cluster(LEADER, changed(STANDBY, lag=1001))
    assert switch(lagging, maximum_lag=2000)[0].member == "db2"


MEMBERS = st.builds(
    member,
    st.sampled_from(["db2", "db3", "db4"]),
    role=st.sampled_from(["replica", "sync_standby"]),
    state=st.sampled_from(["streaming", "running", "start failed"]),
    timeline=st.sampled_from([3, 4, None]),
    lag=st.sampled_from([None, 0, 1000, 1001]),
    answers=st.booleans(),
    nofailover=st.booleans(),
    pending_restart=st.booleans(),
)
TOPOLOGIES = st.builds(
    lambda leader, replicas, synchronous: cluster(
        changed(LEADER, **leader), *replicas, configuration={**CONFIGURATION, "synchronous_mode": synchronous}
    ),
    st.fixed_dictionaries({"pending_restart": st.booleans(), "state": st.sampled_from(["running", "stopping"])}),
    st.lists(MEMBERS, unique_by=lambda m: m.name, max_size=3),
    st.booleans(),
)


@given(TOPOLOGIES, st.sampled_from([None, "db1", "db2", "db3"]))
def test_whoever_is_to_lead_could_lead(topology: model.Topology, candidate: str | None) -> None:
    steps: tuple[planner.Step, ...] = ()
    with contextlib.suppress(OdooError):
        steps = switch(topology, candidate=candidate)
    for step in steps:
        chosen = topology.member(step.member)
        assert chosen is not None
        assert chosen.streams
        assert chosen.timeline == 4
        assert chosen.lag is not None
        assert chosen.lag <= 1000
        assert not chosen.nofailover
        assert not topology.synchronous or chosen.role == "sync_standby"
        assert candidate in (None, chosen.name)


@given(TOPOLOGIES, st.booleans())
def test_only_who_waits_restarts_and_the_leader_last(topology: model.Topology, switch_over: bool) -> None:
    steps: list[tuple[str, str]] = []
    with contextlib.suppress(OdooError):
        steps = restart(topology, switch_over=switch_over)
        waiting = sorted(m.name for m in topology.members if m.pending_restart)
        assert sorted(name for action, name in steps if action == "restart") == waiting
    restarted = [name for action, name in steps if action == "restart"]
    assert "db1" not in restarted[:-1]
    if "db1" in restarted and switch_over and len(topology.members) > 1:
        assert steps[-2:] == [("switchover", ""), ("restart", "db1")]


def waiting(**reason: tuple[str, str]) -> model.Topology:
    """Everybody waits for changed parameters."""
    reasons = {name: {"old_value": old, "new_value": new} for name, (old, new) in reason.items()}
    return cluster(*(changed(m, pending_restart=True, pending_reason=reasons) for m in (LEADER, STANDBY, REPLICA)))


def test_parameters_that_grow_reach_the_leader_last() -> None:
    steps = restart(waiting(max_connections=("200", "300"), shared_buffers=("3", "2")))
    assert steps == [("restart", "db2"), ("restart", "db3"), ("switchover", ""), ("restart", "db1")]


def test_parameters_that_shrink_reach_the_leader_first() -> None:
    assert restart(waiting(max_connections=("200", "100"))) == [("restart", name) for name in ("db1", "db2", "db3")]


def test_parameters_that_grow_and_shrink_at_once_have_no_order() -> None:
    with pytest.raises(OdooError, match="max_connections shrink while max_wal_senders grow"):
        restart(waiting(max_connections=("200", "100"), max_wal_senders=("5", "10")))


def test_one_member_restarts_when_asked_for() -> None:
    assert restart(cluster(), member="db3") == [("restart", "db3")]
    assert restart(cluster()) == []
    assert restart(cluster(), member="db1", switch_over=False) == [("restart", "db1")]


def test_a_leader_does_not_restart_while_only_it_has_the_data() -> None:
    alone = cluster(LEADER, changed(STANDBY, role="replica"), REPLICA)
    with pytest.raises(OdooError, match="synchronous_standby_lost"):
        restart(alone, member="db1", switch_over=False)
    stuck = cluster(LEADER, changed(STANDBY, state="running"))
    assert restart(stuck, member="db2") == [("restart", "db2")]


def test_nobody_restarts_while_another_is_down() -> None:
    broken = cluster(LEADER, STANDBY, changed(REPLICA, answers=False))
    with pytest.raises(OdooError, match="member_down: db3 does not answer"):
        restart(broken, member="db2")
    assert restart(broken, member="db3") == [("restart", "db3")]


def test_a_running_replica_is_not_restarted_into_the_loss_of_the_standby() -> None:
    with pytest.raises(OdooError, match="synchronous_standby_lost"):
        restart(cluster(changed(LEADER, pending_restart=True), changed(STANDBY, role="replica"), REPLICA))


@pytest.mark.parametrize(
    ("topology", "name", "confirm", "message"),
    [
        (cluster(), "db3", "db2", "confirm is db2. confirm: db3"),
        (cluster(), "db1", "db1", "db1 leads; only a replica is reinitialised. Accepted: db2, db3"),
        (cluster(LEADER, STANDBY), "db2", "db2", "db2 is the only replica that streams"),
        (cluster(STANDBY, REPLICA), "db3", "db3", "no_leader"),
        (cluster(), "db9", "db9", "has no member db9"),
    ],
)
def test_data_is_not_deleted_by_mistake(topology: model.Topology, name: str, confirm: str, message: str) -> None:
    with pytest.raises(OdooError) as raised:
        planner.plan_reinitialise(topology, member=name, confirm=confirm)
    assert message in str(raised.value)


def test_a_broken_replica_is_reinitialised() -> None:
    broken = cluster(LEADER, STANDBY, changed(REPLICA, state="start failed"))
    steps = planner.plan_reinitialise(broken, member="db3", confirm="db3")
    assert [(step.action, step.member) for step in steps] == [("reinitialise", "db3")]


def test_the_configuration_is_patched_where_it_differs() -> None:
    patch = {"postgresql": {"parameters": {"jit": "on"}}, "synchronous_mode": True}
    assert planner.plan_configured(cluster(), patch) == (planner.Step("patch_configuration", "", "postgresql differ"),)
    assert planner.plan_configured(cluster(), {"postgresql": {"parameters": {"jit": "off", "work_mem": None}}}) == ()


def test_maintenance_is_planned_once() -> None:
    assert [step.action for step in planner.plan_maintenance(cluster(), paused=True)] == ["pause"]
    assert planner.plan_maintenance(cluster(paused=True), paused=True) == ()
    assert [step.action for step in planner.plan_maintenance(cluster(paused=True), paused=False)] == ["resume"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(),
    lambda below: st.dictionaries(st.sampled_from("abc"), below, max_size=3),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(st.sampled_from("abc"), JSON, max_size=3)


@given(DOCUMENTS, DOCUMENTS)
def test_a_patch_that_was_merged_changes_nothing_more(original: dict[str, t.Any], patch: dict[str, t.Any]) -> None:
    merged = model.merge_patch(original, patch)
    assert model.merge_patch(merged, patch) == merged
