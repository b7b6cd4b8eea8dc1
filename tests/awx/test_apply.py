"""The playbook awx with the modules of awx.awx, against their API."""

from __future__ import annotations

import importlib.util
import os
import shutil
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


def apply(address: str, *arguments: str) -> t.Any:
    """Run the playbook and return it, with the secrets it takes from the environment."""
    options = ["-e", f"awx_host={address}", "-e", "odoo_secret_source=env", *arguments]
    return playbook(
        "playbooks/awx.yml", *options, ANSIBLE_COLLECTIONS_PATH=f"{ROOT}/collections:{COLLECTIONS}", **SECRETS
    )


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


@pytest.mark.usefixtures("applied")
def test_check_mode_says_what_would_change_and_writes_nothing(address: str, awx: Awx) -> None:
    awx.get("job_templates", "Health")["limit"] = "somebody"
    awx.writes.clear()
    done = apply(address, "--check")
    assert done.returncode == 0, done.stdout[-4000:]
    assert "changed: [localhost] => (item=Health)" in done.stdout
    assert awx.writes == []


@pytest.mark.usefixtures("applied")
def test_what_is_absent_is_removed_and_what_was_changed_by_hand_comes_back(
    address: str, awx: Awx, tmp_path: Path
) -> None:
    awx.get("job_templates", "Health")["limit"] = "somebody"
    definition = shutil.copytree(ROOT / "awx", tmp_path / "awx")
    schedules = definition / "schedules.yml"
    schedules.write_text(schedules.read_text().replace('"local: drift"', '"local: drift"\n    state: absent'))
    done = apply(address, "-e", f"awx_definition_path={definition}")
    assert done.returncode == 0, done.stdout[-4000:]
    assert "local: drift" not in {item["name"] for item in awx.items["schedules"].values()}
    assert awx.get("job_templates", "Health")["limit"] == "tenants"


def test_a_wrong_token_is_said(address: str) -> None:
    done = playbook(
        "playbooks/awx.yml",
        *("-e", f"awx_host={address}", "-e", "odoo_secret_source=env"),
        ANSIBLE_COLLECTIONS_PATH=f"{ROOT}/collections:{COLLECTIONS}",
        **{**SECRETS, "AWX_TOKEN": "wrong"},
    )
    assert done.returncode == 2
    assert "Invalid authentication credentials" in done.stdout


@pytest.mark.skipif(
    importlib.util.find_spec("ansible_collections.awx") is not None, reason="the ansible package brings it"
)
def test_where_the_collection_is_missing_it_says_so_and_that_the_definition_is_valid(address: str) -> None:
    done = playbook("playbooks/awx.yml", "-e", f"awx_host={address}", ANSIBLE_COLLECTIONS_PATH=f"{ROOT}/collections")
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
