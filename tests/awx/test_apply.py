"""The playbook awx with the modules of awx.awx, against their API."""

from __future__ import annotations

import os
import typing as t

import pytest
from awx_api import Awx, serve

from .conftest import ROOT, playbook

if t.TYPE_CHECKING:
    from pathlib import Path

TOKEN = "a token"
#: Where the stage put awx.awx; the ansible package of Python 3.11 brings it.
COLLECTIONS = os.environ.get("AWX_COLLECTIONS", "")
SECRETS = {
    "AWX_TOKEN": TOKEN,
    "AWX_GIT_KEY": "a key",
    "AWX_SSH_KEY": "another key",
    "AWX_VAULT_PASSWORD": "a password",
    "AWX_KUBECONFIG": "a kubeconfig",
}


SMALL = """
organization: {name: Small}
credentials:
  - {name: Git, credential_type: Source Control, inputs: {username: git, ssh_key_data: {secret: awx/git_key}}}
projects:
  - {name: Odoo, scm_type: git, scm_url: https://git.example.com/odoo.git, credential: Git}
inventories:
  - {name: eu, sources: [{name: eu, source_project: Odoo, source_path: inventories/eu}]}
job_templates:
  - {name: Health, playbook: playbooks/health.yml, project: Odoo, inventory: eu, limit: tenants}
schedules:
  - {name: Nightly, unified_job_template: Health,
     rrule: "DTSTART;TZID=Europe/Paris:20260101T030000 RRULE:FREQ=DAILY;INTERVAL=1"}
"""


def apply(address: str, *arguments: str, **changed: str) -> t.Any:
    """Run the playbook and return it, with the secrets it takes from the environment."""
    options = ["-e", f"awx_host={address}", "-e", "odoo_secret_source=env", *arguments]
    return playbook(
        "playbooks/awx.yml",
        *options,
        ANSIBLE_COLLECTIONS_PATH=f"{ROOT}/collections:{COLLECTIONS}",
        **{**SECRETS, **changed},
    )


class Small(t.NamedTuple):
    directory: Path
    awx: Awx
    address: str

    def apply(self, *arguments: str, **changed: str) -> t.Any:
        return apply(self.address, "-e", f"awx_definition_path={self.directory}", *arguments, **changed)


@pytest.fixture(scope="module")
def awx() -> Awx:
    return Awx(sorted(f"playbooks/{path.name}" for path in (ROOT / "playbooks").glob("*.yml")))


@pytest.fixture(scope="module")
def address(awx: Awx) -> t.Iterator[str]:
    server = serve(awx, TOKEN)
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="module")
def applied(address: str) -> str:
    done = apply(address)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr
    return str(done.stdout)


def test_everything_is_there(applied: str, awx: Awx, modules: dict[str, t.Any]) -> None:
    kinds = {
        "job_templates": "job_templates",
        "workflows": "workflow_job_templates",
        "schedules": "schedules",
        "inventories": "inventories",
        "projects": "projects",
        "credentials": "credentials",
        "teams": "teams",
        "labels": "labels",
        "notification_templates": "notification_templates",
        "execution_environments": "execution_environments",
    }
    for ours, theirs in kinds.items():
        assert {item["name"] for item in modules[ours]} == {item["name"] for item in awx.items[theirs].values()}, ours
    assert "changed=0" not in applied


@pytest.mark.usefixtures("applied")
def test_job_templates_are_as_declared(awx: Awx) -> None:
    tenants = awx.get("job_templates", "Tenants")
    assert (tenants["playbook"], tenants["limit"], tenants["ask_limit_on_launch"]) == (
        "playbooks/tenants.yml",
        "tenants",
        True,
    )
    assert [entry["variable"] for entry in tenants["survey_spec"]["spec"]] == ["odoo_batch", "odoo_failure_budget"]
    assert len(awx.linked("job_templates", "Tenants", "credentials")) == 4
    assert awx.linked("job_templates", "Tenants", "notification_templates_error") == [
        awx.get("notification_templates", "Platform team")["id"]
    ]


@pytest.mark.usefixtures("applied")
def test_a_workflow_waits_for_a_yes_between_plan_and_change(awx: Awx) -> None:
    workflow = awx.get("workflow_job_templates", "Change tenants")["id"]
    nodes = {
        node["identifier"]: node
        for node in awx.items["workflow_job_template_nodes"].values()
        if node["workflow_job_template"] == workflow
    }
    after = {
        name: awx.links.get(f"workflow_job_template_nodes/{node['id']}/success_nodes", [])
        for name, node in nodes.items()
    }
    assert after == {
        "plan": [nodes["approve"]["id"]],
        "approve": [nodes["apply"]["id"]],
        "apply": [nodes["use"]["id"]],
        "use": [],
    }
    approval = awx.items["workflow_approval_templates"][nodes["approve"]["unified_job_template"]]
    assert approval["name"] == "Apply this plan"
    assert nodes["plan"]["job_type"] == "check"


@pytest.mark.usefixtures("applied")
def test_a_region_is_constructed_of_catalogue_and_region_in_this_order(awx: Awx) -> None:
    inputs = awx.linked("inventories", "local", "input_inventories")
    assert inputs == [awx.get("inventories", name)["id"] for name in ("Catalogue", "local (region)")]
    assert awx.get("inventories", "local")["kind"] == "constructed"


@pytest.mark.usefixtures("applied")
def test_a_team_gets_its_roles_and_no_other(awx: Awx) -> None:
    support = awx.get("teams", "Support")["id"]
    health, restore = (awx.get("job_templates", name)["id"] for name in ("Health", "Restore"))
    granted = {place for place, teams in awx.links.items() if place.startswith("roles/") and support in teams}
    assert f"roles/{health * 100 + 2}/teams" in granted
    assert f"roles/{restore * 100 + 2}/teams" not in granted


def test_a_secret_is_written_and_not_told(applied: str, awx: Awx) -> None:
    assert awx.get("credentials", "Git")["inputs"]["ssh_key_data"] == "a key"
    assert "a key" not in applied
    assert TOKEN not in applied


@pytest.mark.usefixtures("applied")
def test_a_second_run_changes_nothing(address: str, awx: Awx) -> None:
    awx.writes.clear()
    done = apply(address)
    assert done.returncode == 0, done.stdout[-4000:]
    assert "changed=0" in done.stdout, [line for line in done.stdout.splitlines() if line.startswith("changed")]
    assert [write for write in awx.writes if not write.endswith("/update/")] == []


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    """A definition with one of each that matters here, applied to an AWX of its own."""
    directory = tmp_path_factory.mktemp("definition")
    (directory / "all.yml").write_text(SMALL)
    awx = Awx(["playbooks/health.yml"])
    server = serve(awx, TOKEN)
    made = Small(directory, awx, f"http://127.0.0.1:{server.server_port}")
    done = made.apply()
    assert done.returncode == 0, done.stdout[-4000:]
    return made


def test_check_mode_says_what_would_change_and_writes_nothing(small: Small) -> None:
    small.awx.get("job_templates", "Health")["limit"] = "somebody"
    small.awx.writes.clear()
    done = small.apply("--check")
    assert done.returncode == 0, done.stdout[-4000:]
    assert "changed: [localhost] => (item=Health)" in done.stdout
    assert small.awx.writes == []


def test_what_is_absent_is_removed_and_what_was_changed_by_hand_comes_back(small: Small) -> None:
    small.awx.get("job_templates", "Health")["limit"] = "somebody"
    (small.directory / "all.yml").write_text(SMALL.replace("name: Nightly", "name: Nightly, state: absent"))
    done = small.apply()
    assert done.returncode == 0, done.stdout[-4000:]
    assert small.awx.items["schedules"] == {}
    assert small.awx.get("job_templates", "Health")["limit"] == "tenants"


def test_a_changed_secret_is_written_when_it_is_told_to(small: Small) -> None:
    for arguments, expected in ((), "a key"), (("-e", "awx_update_secrets=true"), "a new key"):
        done = small.apply(*arguments, AWX_GIT_KEY="a new key")
        assert done.returncode == 0, done.stdout[-4000:]
        assert small.awx.get("credentials", "Git")["inputs"]["ssh_key_data"] == expected


def test_what_awx_refuses_is_said_with_its_own_words(small: Small) -> None:
    (small.directory / "all.yml").write_text(SMALL.replace("health.yml", "cure.yml"))
    done = small.apply()
    assert done.returncode == 2
    assert "Playbook not found for project: playbooks/cure.yml" in done.stdout


def test_a_wrong_token_is_said(address: str) -> None:
    done = playbook(
        "playbooks/awx.yml",
        *("-e", f"awx_host={address}", "-e", "odoo_secret_source=env"),
        ANSIBLE_COLLECTIONS_PATH=f"{ROOT}/collections:{COLLECTIONS}",
        **{**SECRETS, "AWX_TOKEN": "wrong"},
    )
    assert done.returncode == 2
    assert "Invalid authentication credentials" in done.stdout


def test_where_the_collection_is_missing_it_says_so_and_that_the_definition_is_valid(address: str) -> None:
    # The ansible package may bring it, which is not looked into here.
    alone = {"ANSIBLE_COLLECTIONS_PATH": f"{ROOT}/collections", "ANSIBLE_COLLECTIONS_SCAN_SYS_PATH": "false"}
    done = playbook("playbooks/awx.yml", "-e", f"awx_host={address}", **alone)
    assert done.returncode == 2
    assert "which is valid: the collection awx.awx is not installed on the controller" in done.stdout
    assert "ansible-galaxy collection install awx.awx" in done.stdout


def test_an_address_is_needed_to_apply() -> None:
    done = playbook("playbooks/awx.yml", ANSIBLE_COLLECTIONS_PATH=f"{ROOT}/collections:{COLLECTIONS}")
    assert done.returncode == 2
    assert "awx_host is not set" in done.stdout


def test_a_definition_is_checked_without_awx_or_its_collection() -> None:
    done = playbook("playbooks/awx.yml", "-e", "awx_apply=false", ANSIBLE_COLLECTIONS_PATH=f"{ROOT}/collections")
    assert done.returncode == 0, done.stdout
    assert "job templates" in done.stdout
