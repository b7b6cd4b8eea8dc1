"""Modules as Ansible starts them: arguments in, one JSON object out."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import typing as t

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model import fleet_request

from . import factories

if t.TYPE_CHECKING:
    from pathlib import Path

HIDDEN = "hidden-from-every-result"
SECRETS = dict.fromkeys(("database", "redis", "s3_access_key", "s3_secret_key", "master"), HIDDEN)
PASSWORDS = dict.fromkeys(("provisioner", "database", "admin", "health", "health_key", "reporting"), HIDDEN)
EVIDENCE = {
    "image": "sysgenpro/recovery:1",
    "evidence": {"endpoint": "https://192.0.2.1", "bucket": "evidence", "access_key": "key", "secret_key": HIDDEN},
    "public_key": "RWQ",
}
SOURCE = {"host": "192.0.2.9", "port": 5600, "database": "acme", "user": "acme", "password": HIDDEN}
TRIED = {"host": "192.0.2.9", "port": 5432, "password": HIDDEN}
OF_TENANTS: dict[str, dict[str, t.Any]] = {
    "drill_report": {"signing_key": HIDDEN, "started": 1.0, "repository": {"number": 1}, **EVIDENCE},
    "filestore_check": {"secrets": SECRETS, **EVIDENCE},
    "filestore_restore": {"secrets": SECRETS, "manifest": "recovery-points/acme/1", **EVIDENCE},
    "odoo_database": {"passwords": PASSWORDS},
    "odoo_export": {"secrets": SECRETS, "path": "/nowhere"},
    "odoo_health": {"password": HIDDEN, "key": HIDDEN},
    "odoo_hold": {"password": HIDDEN},
    "odoo_import": {
        "passwords": PASSWORDS,
        "image": "sysgenpro/postgresql:1",
        "source": "/nowhere.zip",
        "aside": "a__1",
    },
    "odoo_module": {"passwords": PASSWORDS},
    "odoo_restore": {
        "passwords": PASSWORDS,
        "image": "sysgenpro/postgresql:1",
        "source": SOURCE,
        "origin": "1",
        "aside": "a__1",
    },
    "odoo_shell": {"secrets": SECRETS, "script": HIDDEN},
    "odoo_stack": {"secrets": SECRETS},
    "odoo_status": {"database_password": HIDDEN},
    "odoo_trial": {
        "server": TRIED,
        "storage": {"access_key": "key", "secret_key": HIDDEN},
        "network": "drill",
        "address": "192.0.2.10",
    },
    "recovery_point": {
        "secrets": SECRETS,
        "passwords": PASSWORDS,
        "reason": "a test",
        "recipients": ["age1"],
        "signing_key": HIDDEN,
        **EVIDENCE,
    },
    "recovery_point_info": EVIDENCE,
}


def start(name: str, capsys: pytest.CaptureFixture[str], **arguments: t.Any) -> dict[str, t.Any]:
    """Run a module in this process and return what it prints."""
    module = importlib.import_module(f"ansible_collections.sysgenpro.odoo.plugins.modules.{name}")
    with patch_module_args(arguments), pytest.raises(SystemExit):
        module.main()
    result: dict[str, t.Any] = json.loads(capsys.readouterr().out)
    return result


@pytest.mark.parametrize("name", OF_TENANTS)
def test_a_tenant_that_the_model_refuses_is_refused_with_every_reason(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    tenant = {**factories.variables(odoo_web_workers=0, odoo_wokers=1), "odoo_tenant": "acme_production"}
    result = start(name, capsys, tenant=tenant, **OF_TENANTS[name])
    assert result["failed"]
    assert result["msg"].startswith("Failed to ")
    assert "acme_production: odoo_web_workers=0: must be a whole number from 1 to 32" in result["msg"]
    assert "odoo_wokers is not a variable of a tenant" in result["msg"]
    assert HIDDEN not in json.dumps(result)


@pytest.mark.parametrize("name", OF_TENANTS)
def test_secrets_are_asked_for(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    result = start(name, capsys, tenant=factories.variables())
    assert result["failed"]
    assert re.search("missing required arguments|all of the following are missing", result["msg"])


def test_package_sources_info_names_servers_that_apt_uses(capsys: pytest.CaptureFixture[str]) -> None:
    result = start("package_sources_info", capsys)
    assert not result["changed"]
    used = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)"], capture_output=True, text=True, check=True
    ).stdout.split()
    assert {uri.rstrip("/") for uri in result["mirrors"].values()} <= {uri.rstrip("/") for uri in used}


def validated(folder: Path, root: Path, hosts: dict[str, dict[str, t.Any]]) -> dict[str, t.Any]:
    """What odoo_validate returns for an inventory of tenants, run by ansible-playbook."""
    inventory, playbook, answer = (folder / name for name in ("hosts.yml", "validate.yml", "answer.json"))
    common = {"odoo_secret_path": str(folder / "secrets")}
    inventory.write_text(yaml.safe_dump({"tenants": {"hosts": hosts, "vars": common}}))
    tasks = [
        {"sysgenpro.odoo.odoo_validate": {}, "register": "answer", "failed_when": False},
        {"ansible.builtin.copy": {"content": "{{ answer | to_json }}", "dest": str(answer), "mode": "0600"}},
    ]
    playbook.write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    environment = {**os.environ, "ANSIBLE_CONFIG": str(root / "ansible.cfg")}
    argv = ["ansible-playbook", "-i", str(inventory), str(playbook)]
    subprocess.run(argv, env=environment, check=True, capture_output=True, text=True)
    result: dict[str, t.Any] = json.loads(answer.read_text())
    return result


def test_odoo_validate_names_every_problem_of_every_tenant(tmp_path: Path, root: Path) -> None:
    hosts = {
        "acme_production": factories.variables(),
        "acme_staging": factories.variables(odoo_environment="staging", odoo_secret_generate=True),
        "acme_training": factories.variables(odoo_environment="training", odoo_secret_generate=True),
        "globex_production": factories.variables(odoo_host="globex.example.com", odoo_web_workers=0, odoo_wokers=1),
    }
    problems = validated(tmp_path, root, hosts)["problems"]
    assert problems == sorted(problems)
    assert [problem for problem in problems if problem.startswith("acme_production: ") and "database" in problem]
    assert [problem for problem in problems if "acme_staging" in problem and "acme_training" in problem]
    assert "globex_production: odoo_web_workers=0: must be a whole number from 1 to 32" in problems
    assert [problem for problem in problems if "odoo_wokers is not a variable" in problem]


def test_odoo_validate_knows_what_a_patch_finds(tmp_path: Path, root: Path) -> None:
    patch = {"kind": "Deployment", "name": "wep", "patch": {"spec": {"paused": True}}}
    values = {**factories.KUBERNETES, "odoo_kubernetes_patches": [patch], "odoo_secret_generate": True}
    problems = validated(tmp_path, root, {"acme_production": factories.variables(**values)})["problems"]
    assert problems == [
        (
            "acme_production: odoo_kubernetes_patches[0]: Deployment wep: no such object is rendered; "
            "of kind Deployment there are cron, queue, web, websocket"
        )
    ]


def test_odoo_validate_accepts_a_tenant_with_its_secrets(tmp_path: Path, root: Path) -> None:
    accepted = validated(tmp_path, root, {"acme_production": factories.variables(odoo_secret_generate=True)})
    assert (accepted["problems"], accepted["tenants"]) == ([], ["acme_production"])


def test_odoo_plan_is_asked_by_its_action(capsys: pytest.CaptureFixture[str]) -> None:
    result = start("odoo_plan", capsys, assignment={"stacks": ["acme"]})
    assert result["failed"]
    assert result["msg"].startswith("Failed to ask what would change: The action plugin reads the tenants")


def test_odoo_plan_hides_what_it_was_given(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is asked for here, so nothing is answered; the request holds every secret all the same."""
    purposes = ("database", "redis", "s3_access_key", "s3_secret_key", "master", "reporting")
    secrets = {"acme": dict.fromkeys(purposes, HIDDEN)}
    request = fleet_request.encode({"acme": {**factories.variables(), "odoo_tenant": "acme"}}, secrets)
    assert HIDDEN in request
    result = start("odoo_plan", capsys, request=request)
    assert (result["changed"], result["plans"]) == (False, {})
    assert HIDDEN not in json.dumps(result)
