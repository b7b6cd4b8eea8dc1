"""A definition of AWX that is not acceptable: every problem at once, with where it is and what is accepted."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.sysgenpro.odoo.plugins.plugin_utils.awx_definition import Definition, InvalidDefinition, read
from ansible_collections.sysgenpro.odoo.plugins.plugin_utils.awx_modules import for_modules
from ansible_collections.sysgenpro.odoo.plugins.plugin_utils.awx_references import problems

Document = dict[str, t.Any]
Write = t.Callable[..., Path]

SCHEMA = json.loads(
    (
        Path(__file__).parents[2] / "collections/ansible_collections/sysgenpro/odoo/roles/awx/files/schema.json"
    ).read_text()
)
BASE: Document = {
    "organization": {"name": "Odoo"},
    "projects": [{"name": "Odoo", "scm_type": "git", "scm_url": "https://git.example.com/odoo.git"}],
    "inventories": [
        {"name": "eu", "sources": [{"name": "eu", "source_project": "Odoo", "source_path": "inventories/eu"}]}
    ],
    "job_template_defaults": {"project": "Odoo", "inventory": "eu"},
    "job_templates": [
        {
            "name": "Backup",
            "playbook": "playbooks/backup.yml",
            "survey": [
                {"variable": "type", "question_name": "Kind", "type": "multiplechoice", "choices": ["full", "incr"]}
            ],
        },
        {"name": "Health", "playbook": "playbooks/health.yml"},
    ],
}


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write BASE with changes, and return the directory."""

    def writer(**changes: t.Any) -> Path:
        (tmp_path / "all.yml").write_text(yaml.safe_dump({**BASE, **changes}, sort_keys=False))
        return tmp_path

    return writer


def refused(directory: Path) -> list[str]:
    """The problems of the schema, or of references where it fits."""
    try:
        return problems(read(directory, SCHEMA))
    except InvalidDefinition as error:
        return error.problems


def test_the_base_of_these_tests_is_accepted(write: Write) -> None:
    assert refused(write()) == []


def test_all_problems_of_the_schema_are_told_at_once(write: Write) -> None:
    templates = [{"name": "A", "playbook": "backup.yml"}, {"name": "B", "playbook": "playbooks/b.yml", "limits": "x"}]
    assert refused(write(job_templates=templates)) == [
        "all.yml: job_templates 'A' playbook: 'backup.yml' does not match '^playbooks/[a-z0-9_]+\\\\.yml$'",
        "all.yml: job_templates 'B': Additional properties are not allowed ('limits' was unexpected)",
    ]


def test_a_secret_in_clear_text_is_refused_and_not_repeated(write: Write) -> None:
    credentials = [{"name": "Vault", "credential_type": "Vault", "inputs": {"vault_password": "hunter2"}}]
    found = refused(write(credentials=credentials))
    assert found == [
        "all.yml: credentials 'Vault' inputs.vault_password: is a secret in clear text, must be {secret: owner/name}"
    ]


def test_a_malformed_secret_is_refused_and_not_repeated(write: Write) -> None:
    credentials = [{"name": "Vault", "credential_type": "Vault", "inputs": {"vault_password": {"secret": "hunter2"}}}]
    found = refused(write(credentials=credentials))
    assert found == ["all.yml: credentials 'Vault' inputs.vault_password: must be plain data, or {secret: owner/name}"]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        pytest.param(
            {"job_templates": [{"name": "A", "playbook": "playbooks/a.yml", "credentials": ["SSH"]}]},
            "job_templates 'A' credentials=SSH: must be one of credentials, and there are none",
            id="no such credential",
        ),
        pytest.param(
            {"job_template_defaults": {"project": "Odo", "inventory": "eu"}},
            "job_templates 'Backup' project=Odo: must be one of Odoo",
            id="no such project",
        ),
        pytest.param(
            {"job_template_defaults": {"project": "Odoo", "inventory": "eu", "labels": ["all"]}},
            "job_templates 'Health' labels=all: must be one of labels, and there are none",
            id="a reference of the defaults",
        ),
        pytest.param(
            {"job_template_defaults": {"inventory": "eu"}},
            "job_templates 'Health' project: must be given, here or in job_template_defaults",
            id="no project",
        ),
        pytest.param(
            {
                "job_template_defaults": {"project": "Odoo", "ask_inventory_on_launch": True},
                "workflows": [{"name": "W", "nodes": [{"identifier": "a", "job_template": "Health"}]}],
            },
            "workflows 'W' node a inventory: must be given or asked for, 'Health' has none",
            id="a node without inventory",
        ),
        pytest.param(
            {
                "notification_templates": [
                    {
                        "name": "N",
                        "notification_type": "email",
                        "notification_configuration": {"host": "smtp.example.com", "password": "hunter2"},
                    }
                ]
            },
            "notification_templates 'N' notification_configuration.password: is a secret in clear text, "
            "must be {secret: owner/name}",
            id="a notification's secret",
        ),
        pytest.param(
            {"job_template_defaults": {"project": "Odoo"}},
            "job_templates 'Health' inventory: must be given, or ask_inventory_on_launch be true",
            id="no inventory",
        ),
        pytest.param(
            {
                "schedules": [
                    {"name": "S", "unified_job_template": "Backup", "rrule": "R", "extra_data": {"type": "diff"}}
                ]
            },
            "schedules 'S' extra_data type=diff: must be of full, incr",
            id="an answer that the survey does not accept",
        ),
        pytest.param(
            {"schedules": [{"name": "S", "unified_job_template": "Backup", "rrule": "R"}]},
            "schedules 'S' extra_data type: is required by 'Backup'",
            id="an answer that nobody gives",
        ),
        pytest.param(
            {
                "schedules": [
                    {"name": "S", "unified_job_template": "Health", "rrule": "R", "extra_data": {"type": "full"}}
                ]
            },
            "schedules 'S' extra_data type=full: 'Health' asks for nothing",
            id="an answer to no question",
        ),
        pytest.param(
            {"schedules": [{"name": "S", "unified_job_template": "Health", "rrule": "R", "limit": "a"}]},
            "schedules 'S' limit=a: 'Health' does not ask for it",
            id="a limit that is not asked for",
        ),
        pytest.param(
            {
                "workflows": [
                    {
                        "name": "W",
                        "nodes": [
                            {"identifier": "a", "job_template": "Health", "success_nodes": ["b"]},
                            {"identifier": "b", "job_template": "Health", "always_nodes": ["a"]},
                        ],
                    }
                ]
            },
            "workflows 'W' nodes: a → b → a is a circle",
            id="a circle",
        ),
        pytest.param(
            {
                "workflows": [
                    {"name": "W", "nodes": [{"identifier": "a", "job_template": "Heal", "success_nodes": ["c"]}]}
                ]
            },
            "workflows 'W' node a success_nodes=c: must be one of a",
            id="an edge to nowhere",
        ),
        pytest.param(
            {"workflows": [{"name": "W", "nodes": [{"identifier": "a", "job_template": "Backup"}]}]},
            "workflows 'W' node a extra_data type: is required by 'Backup'; the workflow's survey can ask for it",
            id="a node that nobody answers for",
        ),
        pytest.param(
            {"teams": [{"name": "T", "roles": [{"role": "execute", "job_templates": ["Restore"]}]}]},
            "teams 'T' execute job_templates=Restore: must be one of Backup, Health",
            id="a role on nothing",
        ),
        pytest.param(
            {"labels": [{"name": "a"}, {"name": "a"}]},
            "labels 'a': is there twice",
            id="a name twice",
        ),
    ],
)
def test_what_does_not_fit_together_is_refused(write: Write, changes: Document, problem: str) -> None:
    for schedule in changes.get("schedules", []):
        schedule["rrule"] = "DTSTART;TZID=Europe/Paris:20260101T030000 RRULE:FREQ=DAILY;INTERVAL=1"
    assert f"all.yml: {problem}" in refused(write(**changes))


@pytest.mark.parametrize(
    "rule",
    [
        "DTSTART:20260101T030000Z RRULE:FREQ=DAILY;INTERVAL=1",
        "DTSTART;TZID=Europe/Paris:20260101T030000 RRULE:FREQ=DAILY",
        "DTSTART;TZID=Europe/Paris:20260101T030000 RRULE:FREQ=SECONDLY;INTERVAL=1",
        "every night",
    ],
)
def test_a_rule_that_awx_refuses_is_refused(write: Write, rule: str) -> None:
    found = refused(write(schedules=[{"name": "S", "unified_job_template": "Health", "rrule": rule}]))
    assert len(found) == 1
    assert found[0].startswith("all.yml: schedules 'S' rrule: ")


def test_choices_belong_to_questions_that_have_some(write: Write) -> None:
    question = {"variable": "a", "question_name": "A", "type": "text", "choices": ["b"]}
    templates = [{"name": "A", "playbook": "playbooks/a.yml", "survey": [question]}]
    assert refused(write(job_templates=templates)) == [
        "all.yml: job_templates 'A' survey.0: choices: only for multiplechoice and multiselect"
    ]


def test_an_inventory_has_sources_or_is_constructed(write: Write) -> None:
    found = refused(write(inventories=[{"name": "eu"}]))
    assert found == ["all.yml: inventories 'eu': must have exactly one of sources, input_inventories"]


def test_files_that_are_not_such_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("a: [")
    (tmp_path / "b.yml").write_text("- a")
    (tmp_path / "c.yml").write_text("organization: {name: A}")
    (tmp_path / "d.yml").write_text("organization: {name: B}")
    found = refused(tmp_path)
    assert [line[: line.index(":")] for line in found] == ["a.yml", "b.yml", "d.yml"]
    assert found[2] == "d.yml: organization is said twice, in c.yml too"


def test_approvals_of_one_name_are_refused(write: Write) -> None:
    workflows = [{"name": name, "nodes": [{"identifier": "a", "approval": {"name": "Yes"}}]} for name in ("V", "W")]
    assert refused(write(workflows=workflows)) == [
        "workflows: two approvals are named 'Yes', and approvals are found by name"
    ]


def test_an_empty_directory_is_named(tmp_path: Path) -> None:
    assert refused(tmp_path)[0].startswith(f"awx_definition_path={tmp_path}: must be a directory with *.yml files")


def test_lists_of_several_files_are_put_together(write: Write, tmp_path: Path) -> None:
    write()
    (tmp_path / "more.yml").write_text("job_templates: [{name: More, playbook: more.yml}]")
    assert refused(tmp_path)[0].startswith("more.yml: job_templates 'More' playbook: ")


def test_a_star_is_all_of_a_kind_that_are_present() -> None:
    document = {
        **BASE,
        "job_templates": [*BASE["job_templates"], {"name": "Old", "playbook": "playbooks/old.yml", "state": "absent"}],
        "teams": [{"name": "T", "roles": [{"role": "execute", "job_templates": ["*"]}]}],
    }
    assert for_modules(document)["roles"] == [{"team": "T", "role": "execute", "job_templates": ["Backup", "Health"]}]


def test_what_is_absent_cannot_be_referred_to() -> None:
    document = {**BASE, "projects": [{**BASE["projects"][0], "state": "absent"}]}
    definition = Definition(document, {kind: ["all.yml"] * len(document[kind]) for kind in document})
    assert "all.yml: job_templates 'Health' project=Odoo: must be one of projects, and there are none" in problems(
        definition
    )
