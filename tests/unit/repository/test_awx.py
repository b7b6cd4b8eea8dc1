"""The definition of AWX in this repository, against the playbooks and inventories it names."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import playbook_reference
import pytest
import yaml
from ansible_collections.sysgenpro.odoo.plugins.plugin_utils import awx_references
from ansible_collections.sysgenpro.odoo.plugins.plugin_utils.awx_definition import Definition, read
from dateutil.rrule import rrulestr

ROOT = Path(__file__).resolve().parents[3]
COLLECTION = ROOT / "collections/ansible_collections/sysgenpro/odoo"
SCHEMA = json.loads((COLLECTION / "roles/awx/files/schema.json").read_text())
DEFINITION: Definition = read(ROOT / "awx", SCHEMA)
DOCUMENT = DEFINITION.document
TEMPLATES = {item["name"]: {**DOCUMENT["job_template_defaults"], **item} for item in DOCUMENT["job_templates"]}
#: Playbooks that no job template runs, and why.
NOT_IN_AWX = {
    "awx": "it writes this very definition, from outside",
    "new_tenant": "the file it writes belongs into git, and a job's checkout is thrown away",
    "psql": "what is typed there is not for people who cannot reach the controller",
    "shell": "what is typed there is not for people who cannot reach the controller",
}
QUESTIONS = [(name, question) for name, item in TEMPLATES.items() for question in item.get("survey", [])]
TYPES = {
    "text": {"str", "path"},
    "textarea": {"str"},
    "integer": {"int"},
    "float": {"float"},
    "multiplechoice": {"str", "bool"},
    "multiselect": {"list"},
}
of_each_template = pytest.mark.parametrize("name", TEMPLATES)
of_each_question = pytest.mark.parametrize(
    ("name", "question"), QUESTIONS, ids=[f"{name}-{question['variable']}" for name, question in QUESTIONS]
)


def variables(name: str) -> dict[str, playbook_reference.Variable]:
    """What can be given to the playbook of a job template."""
    return playbook_reference.read(Path(TEMPLATES[name]["playbook"]).stem).variables


def test_nothing_speaks_against_it() -> None:
    assert awx_references.problems(DEFINITION) == []


@of_each_template
def test_its_playbook_exists(name: str) -> None:
    assert (ROOT / TEMPLATES[name]["playbook"]).is_file()


def test_every_playbook_has_a_job_template_or_a_reason() -> None:
    run = {Path(item["playbook"]).stem for item in TEMPLATES.values()}
    assert set(playbook_reference.names()) - run == set(NOT_IN_AWX)


@of_each_question
def test_its_variable_is_one_of_the_playbook(name: str, question: dict[str, t.Any]) -> None:
    assert question["variable"] in variables(name), f"must be one of {', '.join(sorted(variables(name)))}"


@of_each_question
def test_an_answer_is_of_the_variables_type(name: str, question: dict[str, t.Any]) -> None:
    spec = variables(name)[question["variable"]].spec
    assert spec.get("type", "str") in TYPES[question["type"]]
    if spec.get("type") != "bool":
        assert set(question.get("choices", [])) <= set(spec.get("choices", question.get("choices", [])))


@of_each_question
def test_a_default_is_the_playbooks_own(name: str, question: dict[str, t.Any]) -> None:
    """AWX passes the default on when nobody answers, an empty text too: both must mean what leaving it out means."""
    spec = variables(name)[question["variable"]].spec
    if question.get("required", True):
        return
    meant = question["default"]
    assert (yaml.safe_load(meant) if spec.get("type") == "bool" else meant) == spec.get("default", "")


@of_each_template
def test_what_a_playbook_cannot_do_without_is_asked(name: str) -> None:
    # What the entry point main and the roles of other components need is in the inventory.
    operated = ("", "odoo", "postgresql")
    options = [entry for entry in variables(name).values() if entry.entry != "main" and entry.of_role in operated]
    required = {entry.name for entry in options if entry.spec.get("required")}
    asked = {entry["variable"] for entry in TEMPLATES[name].get("survey", []) if entry.get("required", True)}
    assert required - asked == set()


def _confirmed(name: str) -> bool:
    return any(question["variable"].endswith("_confirm") for question in TEMPLATES[name].get("survey", []))


@pytest.mark.parametrize("name", [name for name in TEMPLATES if _confirmed(name)])
def test_what_wants_a_name_typed_cannot_reach_the_others(name: str) -> None:
    template = TEMPLATES[name]
    named = {question["variable"] for question in template["survey"]} & {"tenant", "cluster"}
    limited = template.get("ask_limit_on_launch") and template.get("limit") == "name-one-tenant"
    assert named or limited


def test_a_limit_names_a_group_or_nothing_that_exists() -> None:
    groups = yaml.safe_load((ROOT / "inventories/local/hosts.yml").read_text())["all"]["children"]
    known = {*groups, "kubernetes_clusters", "name-one-tenant"}
    assert {item["limit"] for item in TEMPLATES.values() if "limit" in item} <= known


def test_every_inventory_is_a_folder_here() -> None:
    sources = [source for item in DOCUMENT["inventories"] for source in item.get("sources", [])]
    assert [source["source_path"] for source in sources if not (ROOT / source["source_path"]).is_dir()] == []


def test_variables_follow_git_and_no_inventory_mixes_two_sources() -> None:
    """A source that overwrites variables takes away those of another source's groups of the same name."""
    for item in DOCUMENT["inventories"]:
        sources = item.get("sources", [])
        assert len(sources) <= 1
        assert all(source["overwrite"] and source["overwrite_vars"] for source in sources)


def test_every_region_has_the_catalogue_before_its_own() -> None:
    regions = [item["input_inventories"] for item in DOCUMENT["inventories"] if "input_inventories" in item]
    assert regions
    assert all(inputs[0] == "Catalogue" and len(inputs) == 2 for inputs in regions)


@pytest.mark.parametrize("schedule", DOCUMENT["schedules"], ids=lambda item: item["name"])
def test_a_schedule_is_a_rule_that_comes_again(schedule: dict[str, t.Any]) -> None:
    times = rrulestr(schedule["rrule"].replace(" RRULE", "\nRRULE"))
    assert len([time for time, _number in zip(times, range(3), strict=False)]) == 3


def test_a_workflow_that_changes_tenants_waits_for_a_yes() -> None:
    for workflow in DOCUMENT["workflows"]:
        nodes = {node["identifier"]: node for node in workflow["nodes"]}
        reached = {
            target
            for node in nodes.values()
            for edge in ("success_nodes", "failure_nodes", "always_nodes")
            for target in node.get(edge, [])
        }
        for first in set(nodes) - reached:
            assert nodes[first].get("job_type") == "check" or nodes[first]["job_template"] in (
                "Recovery points",
                "Backup",
            )
        assert any("approval" in node for node in nodes.values())


def test_operators_cannot_lose_data() -> None:
    losing = {name for name in TEMPLATES if _confirmed(name)}
    for team in DOCUMENT["teams"]:
        may = {name for role in team["roles"] if role["role"] == "execute" for name in role.get("job_templates", [])}
        assert not may & losing, team["name"]
