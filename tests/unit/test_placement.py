"""Where tenants go: properties of every decision, and the single reasons."""

from __future__ import annotations

import dataclasses
import math
import typing as t

import pytest
import yaml
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model import placement, placement_policy, places
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.classification import CUSTOMISATION, Classification
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.fields import BY_NAME
from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan import rebalance
from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan.placement import (
    Candidate,
    Usage,
    World,
    decide,
    judge,
)
from ansible_collections.sysgenpro.odoo.plugins.modules import odoo_placement
from hypothesis import given, settings
from hypothesis import strategies as st

from . import factories
from . import placement_strategies as strategies

if t.TYPE_CHECKING:
    from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.placement import Policy
    from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.tenant import Tenant

DEFAULT = placement_policy.parse({})


def over_capacity(world: World, fleet: t.Iterable[Tenant], policy: Policy) -> set[tuple[str, str]]:
    """Units and resources of which tenants take more than there is: counted anew, without Usage."""
    totals: dict[tuple[str, str], float] = {}
    for one in fleet:
        for unit, amounts in placement.demand(one, world.places.get(one.place), policy).takes.items():
            for resource, amount in amounts.items():
                totals[unit, resource] = totals.get((unit, resource), 0) + amount
    return {
        key
        for key, total in totals.items()
        if total > world.units[key[0]].usable(key[1]) + 1e-6 and key[0] in world.units
    }


@given(strategies.worlds(), strategies.policies(), strategies.CLASSIFICATIONS)
@settings(max_examples=60)
def test_the_best_accepted_candidate_wins_whatever_the_order(
    world: World, policy: Policy, classification: dict[str, t.Any]
) -> None:
    candidates = strategies.candidates(world.places, "new_production", classification)
    verdicts = decide(candidates, Usage(world, policy))
    assert decide(list(reversed(candidates)), Usage(world, policy)) == verdicts
    assert len(verdicts) == len(candidates)
    accepted = [verdict for verdict in verdicts if verdict.accepted]
    assert verdicts[: len(accepted)] == accepted
    assert [verdict.score for verdict in accepted] == sorted((verdict.score for verdict in accepted), reverse=True)
    for verdict in verdicts:
        assert verdict.reasons
        assert verdict.accepted or verdict.score == 0
        assert all(0 <= value <= 1 for value in verdict.criteria.values())
        assert 0 <= verdict.score <= 1


@given(strategies.worlds(), strategies.policies(), strategies.CLASSIFICATIONS)
@settings(max_examples=60)
def test_an_accepted_candidate_fits(world: World, policy: Policy, classification: dict[str, t.Any]) -> None:
    before = over_capacity(world, world.tenants, policy)
    for verdict in decide(strategies.candidates(world.places, "new_production", classification), Usage(world, policy)):
        if verdict.accepted:
            new = verdict.candidate.tenant
            assert new is not None
            after = over_capacity(world, [*world.tenants, new], policy)
            taken = placement.demand(new, world.places[new.place], policy).takes
            assert not {key for key in after if key[0] in taken}
            assert after <= before


@given(strategies.worlds(), strategies.policies(), strategies.CLASSIFICATIONS, st.sampled_from(placement.CRITERIA))
@settings(max_examples=40)
def test_weights_decide_among_the_accepted_and_accept_nobody(
    world: World, policy: Policy, classification: dict[str, t.Any], criterion: str
) -> None:
    candidates = strategies.candidates(world.places, "new_production", classification)
    other = dataclasses.replace(policy, weights={**policy.weights, criterion: 9.0})
    accepted = [
        {verdict.candidate.name for verdict in decide(candidates, Usage(world, which)) if verdict.accepted}
        for which in (policy, other)
    ]
    assert accepted[0] == accepted[1]


@given(strategies.worlds(), strategies.policies(), st.data())
@settings(max_examples=60)
def test_what_is_counted_after_moves_is_what_is_counted_anew(world: World, policy: Policy, data: st.DataObject) -> None:
    usage = Usage(world, policy)
    fleet = {one.tenant: one for one in world.tenants}
    for name in data.draw(st.lists(st.sampled_from(sorted(fleet)), max_size=6)) if fleet else []:
        # What was asked before a move must not be what is answered after it.
        assert all(usage.taken(unit, "memory_mb", "") >= 0 for unit in world.units)
        fleet[name] = dataclasses.replace(fleet[name], place=data.draw(st.sampled_from(sorted(world.places))))
        usage.put(fleet[name])
    anew = Usage(dataclasses.replace(world, tenants=tuple(fleet.values())), policy)
    for unit in world.units:
        assert usage.others(unit, "") == anew.others(unit, "")
        assert usage.rollout(unit, "", 0) == anew.rollout(unit, "", 0)
        for resource in (*placement.RESOURCES, "burst"):
            assert math.isclose(usage.taken(unit, resource, ""), anew.taken(unit, resource, ""), abs_tol=1e-5)


@given(strategies.worlds(), strategies.policies())
@settings(max_examples=60)
def test_proposed_moves_mend_or_gain_and_break_nothing(world: World, policy: Policy) -> None:
    proposal = rebalance.propose(world, policy)
    assert proposal == rebalance.propose(world, policy), "the same inventory gives the same proposal"
    assert len({move.tenant for move in proposal.moves}) == len(proposal.moves) <= policy.rebalance["moves"]
    fleet = {one.tenant: one for one in world.tenants}
    usage = Usage(world, policy)
    for move in proposal.moves:
        here = judge(as_candidate(fleet[move.tenant]), usage, current=move.source)
        fine = {name for name, one in fleet.items() if judge(as_candidate(one), usage, current=one.place).accepted}
        assert fleet[move.tenant].place == move.source
        fleet[move.tenant] = dataclasses.replace(fleet[move.tenant], place=move.target)
        there = judge(as_candidate(fleet[move.tenant]), usage, current=move.source)
        assert there.accepted
        assert not here.accepted or there.score - here.score >= policy.rebalance["gain"] - 1e-9
        usage.put(fleet[move.tenant])
        assert all(judge(as_candidate(fleet[name]), usage, current=fleet[name].place).accepted for name in fine)


@given(strategies.worlds(), strategies.policies())
@settings(max_examples=60)
def test_following_proposals_comes_to_rest(world: World, policy: Policy) -> None:
    """Nobody is sent round in circles: the moves end."""
    rounds = 0
    while moves := rebalance.propose(world, policy).moves:
        rounds += 1
        assert rounds < 25, "moves are proposed without end"
        targets = {move.tenant: move.target for move in moves}
        moved = [dataclasses.replace(one, place=targets.get(one.tenant, one.place)) for one in world.tenants]
        world = dataclasses.replace(world, tenants=tuple(moved))


def as_candidate(one: Tenant) -> Candidate:
    return Candidate(one.place, one.tier, one.postgresql_cluster, one)


def one_place(**declared: t.Any) -> dict[str, placement.Place]:
    given_ = {"memory_mb": 65536, "cpus": 16, **declared}
    assert places.problems(given_, "docker") == []
    return {"app1": places.parse("app1", "local", "docker", given_)}


def verdict_of(
    classification: dict[str, t.Any],
    policy: dict[str, t.Any] | None = None,
    fleet: tuple[Tenant, ...] = (),
    found: dict[str, placement.Place] | None = None,
    changes: t.Mapping[str, t.Any] | None = None,
) -> tuple[bool, str]:
    written = policy or {}
    assert placement_policy.problems(written) == []
    world = strategies.world(found or one_place(), fleet)
    new = strategies.tenant("new_production", "app1", classification, **(changes or {}))
    verdict = judge(as_candidate(new), Usage(world, placement_policy.parse(written)))
    return verdict.accepted, "; ".join(verdict.reasons)


CARDS = {"rules": [{"name": "cards", "when": {"compliance": ["pci-dss"]}, "require": {"hosting_model": ["dedicated"]}}]}


@pytest.mark.parametrize(
    ("classification", "policy", "changes", "text"),
    [
        ({"compliance": ["pci-dss"]}, CARDS, {}, "hosting_model='shared': must be one of dedicated (rule 'cards')"),
        ({"peak_concurrency": 25}, {}, {}, "peak_concurrency=25: tier standard serves 24"),
        ({"transactions_per_hour": 9000}, {}, {}, "transactions_per_hour=9000: tier standard serves 2520"),
        ({"integrations": 9}, {}, {}, "integrations=9: tier standard serves 8"),
        ({"recovery_time_objective": 60}, {}, {}, "recovery_time_objective=60 s: tier standard promises 14400 s"),
        ({"recovery_point_objective": 60}, {}, {}, "recovery_point_objective=60 s: tier standard promises 900 s"),
        ({"budget": 10}, {}, {}, "budget=10: a month costs"),
        (
            {"database_gb": 400},
            {},
            {},
            "postgresql/local/shared: storage_gb: 400 wanted, one tenant may take 250 of 500",
        ),
        (
            {"database_gb": 480},
            {},
            {},
            "postgresql/local/shared: storage_gb: 480 wanted, 0 of 500 taken, 75 kept as headroom",
        ),
        ({}, {}, {"odoo_db_maxconn": 64}, "postgresql/local/shared: connections: "),
        (
            {},
            {"limits": {"overcommit": 0.1}},
            {},
            "app1: limits would let tenants use 10 processors, 1.6 may be promised",
        ),
        ({}, {}, {"odoo_region": "elsewhere"}, "app1 is in region local, not in elsewhere"),
    ],
)
def test_every_refusal_says_what_was_asked_and_what_there_is(
    classification: dict[str, t.Any], policy: dict[str, t.Any], changes: dict[str, t.Any], text: str
) -> None:
    accepted, reasons = verdict_of(classification, policy, changes=changes)
    assert not accepted
    assert text in reasons


def test_reservations_for_peaks_are_not_given_away() -> None:
    assert verdict_of({}, found=one_place())[0]
    accepted, reasons = verdict_of({}, found=one_place(reserved={"memory_mb": 60000}))
    assert not accepted
    assert "app1: memory_mb: 4352 wanted, 0 of 5536 taken, 6553.6 kept as headroom, 2560 for a rollout" in reasons


def test_the_greatest_rollouts_must_fit_beside_what_runs() -> None:
    """4352 MiB of containers, of which web and websocket, 2560, are there twice while they are replaced."""
    policy = {"headroom": {"memory_mb": 0}, "limits": {"share": 1}}
    assert verdict_of({}, policy, found=one_place(memory_mb=6912))[0]
    accepted, reasons = verdict_of({}, policy, found=one_place(memory_mb=6911))
    assert not accepted
    assert "4352 wanted, 0 of 6911 taken, 0 kept as headroom, 2560 for a rollout" in reasons
    neighbour = (strategies.tenant("t1", "app1", {}),)
    assert verdict_of({}, policy, neighbour, one_place(memory_mb=2 * 4352 + 2560))[0]
    both = {**policy, "limits": {"share": 1, "rollouts": 2}}
    assert not verdict_of({}, both, neighbour, one_place(memory_mb=2 * 4352 + 2560))[0]


def test_the_number_of_neighbours_is_limited() -> None:
    fleet = tuple(strategies.tenant(f"t{index}", "app1", {}, odoo_packing="compact") for index in range(2))
    assert verdict_of({}, {"limits": {"tenants": 3}}, fleet)[0]
    accepted, reasons = verdict_of({}, {"limits": {"tenants": 2}}, fleet)
    assert not accepted
    assert "app1: 2 tenants live there, 2 may" in reasons


def test_a_dedicated_place_takes_one_tenant_of_its_own_model() -> None:
    found = one_place(hosting_model="dedicated")
    accepted, reasons = verdict_of({}, found=found)
    assert not accepted
    assert "app1 takes dedicated tenants, not shared ones" in reasons
    own = {"odoo_hosting_model": "dedicated", "odoo_postgresql_cluster": "own", "odoo_redis_instance": "own"}
    assert verdict_of({}, found=found, changes=own)[0]
    neighbour = strategies.tenant("first", "app1", {}, **own)
    accepted, reasons = verdict_of({}, found=found, fleet=(neighbour,), changes=own)
    assert not accepted
    assert "app1 is dedicated to first" in reasons


def test_node_pools_are_counted_apart() -> None:
    pools = {"web": {"memory_mb": 65536, "cpus": 16}, "background": {"memory_mb": 1024, "cpus": 4}}
    found = {"app1": places.parse("app1", "local", "kubernetes", {"node_pools": pools})}
    accepted, reasons = verdict_of({}, found=found, changes=factories.KUBERNETES)
    assert not accepted
    assert "app1/background: memory_mb: 896 wanted" in reasons
    assert "app1/web" not in reasons


def test_what_nobody_declared_is_not_counted_as_room() -> None:
    bare = {
        name: {key: value for key, value in entry.items() if key != "storage_gb"}
        for name, entry in strategies.CLUSTERS.items()
    }
    new = strategies.tenant("new_production", "app1", {}, odoo_postgresql_clusters=bare)
    world = World(one_place(), {}, (), strategies.world(one_place(), ()).residency)
    units = {unit.name: unit for unit in [*one_place()["app1"].units, *places.services(new)]}
    verdict = judge(as_candidate(new), Usage(dataclasses.replace(world, units=units), DEFAULT))
    assert verdict.reasons == ("postgresql/local/shared: storage_gb is not declared, so it cannot be counted",)


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ({"weight": {}}, "placement_policy.weight: must be one of rules, weights"),
        ({"weights": {"luck": 1}}, "placement_policy.weights.luck: must be one of headroom"),
        ({"limits": {"share": 2}}, "placement_policy.limits.share=2: must be a number from 0 to 1"),
        ({"limits": {"share": True}}, "placement_policy.limits.share=True: must be a number"),
        ({"limits": {"tenants": 0}}, "placement_policy.limits.tenants=0: must be more than 0"),
        ({"weights": dict.fromkeys(placement.CRITERIA, 0)}, "placement_policy.weights: one of headroom"),
        ({"rules": [{"name": "x"}]}, "placement_policy.rules[0]: must have name, when and require"),
        (
            {"rules": [{"name": "x", "when": {"mood": ["good"]}, "require": {}}]},
            "placement_policy.rules[0].when.mood: must be one of attachments_gb",
        ),
        (
            {"rules": [{"name": "x", "when": {"tier": {"at_least": 1}}, "require": {}}]},
            "placement_policy.rules[0].when.tier={'at_least': 1}: must be a list of values; only numbers have bounds",
        ),
        (
            {"rules": [{"name": "x", "when": {}, "require": {"budget": [1]}}]},
            "placement_policy.rules[0].require.budget: must be one of environment",
        ),
        ([], "placement_policy=[]: must be a dictionary"),
    ],
)
def test_a_wrong_policy_is_refused(written: t.Any, text: str) -> None:
    assert [problem for problem in placement_policy.problems(written) if text in problem]


@pytest.mark.parametrize(
    ("declared", "text"),
    [
        ([], "placement_capacity=[]: must be a dictionary"),
        ({"memory_mb": 1}, "placement_capacity.cpus is required"),
        ({"memory_mb": 1, "cpus": "8"}, "placement_capacity.cpus='8': must be a number above 0"),
        ({"memory_mb": 1, "cpus": 8, "disk": 1}, "placement_capacity.disk: must be one of cpus"),
        (
            {"memory_mb": 1, "cpus": 8, "reserved": {"cpus": 9}},
            "placement_capacity.reserved.cpus=9: must be a number from 0 to 8",
        ),
        (
            {"memory_mb": 1, "cpus": 8, "hosting_model": "hybrid"},
            "hosting_model='hybrid': must be one of shared, dedicated",
        ),
    ],
)
def test_a_wrong_capacity_is_refused(declared: t.Any, text: str) -> None:
    assert [problem for problem in places.problems(declared, "docker") if text in problem]


def test_what_the_module_documents_is_what_the_model_knows() -> None:
    options = yaml.safe_load(odoo_placement.DOCUMENTATION)["options"]
    documented = options["classification"]["suboptions"]
    defaults = {**Classification().facts(), "compliance": []}
    assert {name: option["default"] for name, option in documented.items()} == defaults
    assert documented["customisation"]["choices"] == list(CUSTOMISATION)
    for name in ("environment", "tier", "hosting_model", "runtime"):
        assert options[name]["choices"] == list(BY_NAME[f"odoo_{name}"].choices)
