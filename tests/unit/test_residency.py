"""What a tenant's data can reach, and which of it a rule refuses."""

from __future__ import annotations

import itertools
import typing as t

import pytest
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model import classification, residency
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.residency import Flows, Node
from hypothesis import given
from hypothesis import strategies as st

from . import factories

LOCATIONS = ("eu-west", "eu-central", "us-east", "")
POLICY: dict[str, t.Any] = {
    "areas": {"eu": ["eu-west", "eu-central"]},
    "rules": [{"name": "gdpr", "when": {"compliance": ["gdpr"]}, "within": "eu"}],
}
TENANT = factories.tenant(odoo_classification={"compliance": ["gdpr"]})
ENTRIES = residency.entries(TENANT)


@st.composite
def flows(draw: st.DrawFn) -> Flows:
    names = [*ENTRIES, *(f"n{index}" for index in range(draw(st.integers(0, 8))))]
    nodes = {
        name: Node(name, draw(st.sampled_from(residency.KINDS)), draw(st.sampled_from(LOCATIONS)), name)
        for name in names
    }
    edges = {name: tuple(draw(st.lists(st.sampled_from(names), max_size=3, unique=True))) for name in names}
    return Flows(nodes, edges)


def closure(graph: Flows, starts: t.Iterable[str]) -> set[str]:
    found, following = set(starts), set(starts)
    while following:
        following = {name for start in following for name in graph.edges.get(start, ())} - found
        found |= following
    return found


@given(flows())
def test_exactly_what_leaves_the_area_is_refused_with_a_path_that_exists(graph: Flows) -> None:
    outside = {name for name in closure(graph, ENTRIES) if graph.nodes[name].location not in ("eu-west", "eu-central")}
    problems = residency.problems([TENANT], graph, POLICY)
    assert problems == sorted(problems)
    ends = set()
    for problem in problems:
        owner, text = problem.split(": ", 1)
        assert owner == TENANT.tenant
        path = text.split(" is ", 1)[0].split(" → ")
        assert path[0] in ENTRIES
        assert all(after in graph.edges[before] for before, after in itertools.pairwise(path))
        ends.add(path[-1])
    assert ends == outside
    assert len(problems) == len(outside)


@given(flows())
def test_a_tenant_that_no_rule_binds_may_be_anywhere(graph: Flows) -> None:
    assert residency.problems([factories.tenant()], graph, POLICY) == []


@given(flows(), st.sampled_from(residency.KINDS))
def test_a_rule_of_some_kinds_speaks_of_no_other(graph: Flows, kind: str) -> None:
    rules = [{"name": "some", "within": "eu", "kinds": [kind]}]
    for problem in residency.problems([TENANT], graph, {**POLICY, "rules": rules}):
        assert f"keeps {kind} within eu" in problem


def test_a_refusal_names_the_path_the_location_and_the_rule() -> None:
    store = ENTRIES[3]
    nodes = {
        store: Node(store, "", "", "odoo_object_store"),
        "a": Node("a", "attachments", "eu-west", "attachments https://192.0.2.1:8333 (s31)"),
        "b": Node("b", "copy", "us-east", "attachments_copy_destination.endpoint=https://198.51.100.9:8333 (vault1)"),
    }
    (problem,) = residency.problems([TENANT], Flows(nodes, {store: ("a",), "a": ("b",)}), POLICY)
    way = " → ".join(node.text for node in nodes.values())
    rule = "residency rule 'gdpr' keeps copy within eu (eu-central, eu-west)"
    assert problem == f"acme_production: {way} is in us-east: {rule}"


def test_a_place_nobody_locates_is_refused_with_what_to_do() -> None:
    graph = Flows({ENTRIES[0]: Node(ENTRIES[0], "runtime", "", "odoo_place=local1")}, {})
    (problem,) = residency.problems([TENANT], graph, POLICY)
    assert (
        "at a location nobody declares (name it in residency_locations, or give its host residency_location)" in problem
    )


@pytest.mark.parametrize(
    ("address", "location"),
    [
        ("s3.eu-central-1.example.com", "eu-central"),
        ("db.example.com", "eu-west"),
        ("example.com", ""),
        ("198.51.100.7", "us-east"),
        ("203.0.113.7", ""),
    ],
)
def test_services_outside_the_inventory_are_located_by_name_domain_and_network(address: str, location: str) -> None:
    known = {".eu-central-1.example.com": "eu-central", ".example.com": "eu-west", "198.51.100.0/24": "us-east"}
    assert residency.locate(address, known) == location


@pytest.mark.parametrize(
    ("policy", "text"),
    [
        ({"rule": []}, "residency_policy.rule: must be one of areas, rules"),
        ({"areas": {"eu": "eu-west"}}, "residency_policy.areas="),
        ({"rules": {}}, "residency_policy.rules={}: must be a list"),
        ({"rules": [{"name": "x"}]}, "residency_policy.rules[0]: must have name, within"),
        ({"rules": [{"name": "x", "within": ""}]}, "residency_policy.rules[0].within=''"),
        ({"rules": [{"name": "x", "within": "eu", "kinds": ["thoughts"]}]}, "residency_policy.rules[0].kinds="),
        ({"rules": [{"name": "x", "within": "eu", "when": {"mood": []}}]}, "residency_policy.rules[0].when.mood"),
    ],
)
def test_a_wrong_policy_is_refused_before_anybody_is_bound(policy: dict[str, t.Any], text: str) -> None:
    problems = residency.problems([TENANT], Flows({}, {}), policy)
    assert [problem for problem in problems if text in problem]


@pytest.mark.parametrize(
    ("given_", "accepted"),
    [
        ({"transactions_per_hour": "many"}, "transactions_per_hour is a whole number from 0 to 10000000"),
        ({"peak_factor": 0}, "peak_factor is a whole number from 1 to 100"),
        ({"customisation": "deep"}, "customisation is one of low, medium, high"),
        ({"compliance": "gdpr"}, "compliance is a list of at most 6 words"),
        ({"mood": 1}, "it has 'mood'"),
        ({"budget": True}, "budget is a whole number"),
    ],
)
def test_a_wrong_classification_is_refused(given_: dict[str, t.Any], accepted: str) -> None:
    assert accepted in (classification.rule(given_) or "")


def test_a_survey_answers_with_texts() -> None:
    answers = {
        "budget": "900",
        "compliance": "gdpr, pci-dss",
        "peak_factor": "",
        "customisation": None,
        "integrations": "x",
    }
    assert classification.from_text(answers) == {"budget": 900, "compliance": ["gdpr", "pci-dss"], "integrations": "x"}
