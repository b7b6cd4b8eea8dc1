"""Where each value of a tenant comes from: the model's part, and with ansible-playbook on a whole inventory."""

from __future__ import annotations

import json
import os
import subprocess
import typing as t

import yaml
from ansible.parsing.vault import EncryptedString
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.explain import Layer, explain
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.fields import FIELDS
from ansible_collections.sysgenpro.odoo.plugins.plugin_utils import origins

from . import factories

if t.TYPE_CHECKING:
    from pathlib import Path


def test_every_variable_has_an_origin() -> None:
    values = factories.variables()
    found = explain(factories.tenant(), values, {})
    assert [origin.name for origin in found[: len(FIELDS)]] == [field.name for field in FIELDS]
    by_name = {origin.name: origin for origin in found}
    assert by_name["odoo_web_replicas"].where == "the model"
    assert by_name["odoo_web_replicas"].rule == "its default"
    assert by_name["odoo_bucket"].value == "local-acme-production"
    assert by_name["odoo_bucket"].rule.startswith("not given: Bucket of the attachments")
    assert by_name["connection budget"].where == "the model (capacity)"


def test_the_strongest_layer_wins_and_the_others_are_named() -> None:
    layers = [
        Layer("group", "all", "inventories/x/group_vars/all.yml", 4, 1),
        Layer("group", "tier_standard", "inventories/catalogue/group_vars/tier_standard.yml", 1, 2),
        Layer("host", "acme", "inventories/x/host_vars/acme.yml", 7, "{{ 3 }}"),
    ]
    found = explain(factories.tenant(odoo_web_workers=3), {"odoo_web_workers": 3}, {"odoo_web_workers": layers})
    (origin,) = [item for item in found if item.name == "odoo_web_workers"]
    assert origin.text() == (
        "odoo_web_workers = 3: host acme (inventories/x/host_vars/acme.yml:7); templated; "
        "over group tier_standard (inventories/catalogue/group_vars/tier_standard.yml:1) = 2, "
        "group all (inventories/x/group_vars/all.yml:4) = 1"
    )


def test_explain_names_file_line_and_layer(tmp_path: Path, root: Path) -> None:
    """Groups of an inventory with priorities, as the catalogue has them; the values are Ansible's own."""
    inventory = tmp_path / "inventory"
    (inventory / "group_vars").mkdir(parents=True)
    (inventory / "host_vars").mkdir()
    groups = {
        "tenants": {"hosts": {"acme_production": {"odoo_tier": "standard"}}},
        "tier_standard": {"hosts": {"acme_production": None}, "vars": {"ansible_group_priority": 40}},
        "env_production": {"hosts": {"acme_production": None}, "vars": {"ansible_group_priority": 20}},
    }
    (inventory / "hosts.yml").write_text(yaml.safe_dump({"all": {"children": groups}}))
    (inventory / "group_vars/all.yml").write_text("# one\nodoo_web_workers: 2\nodoo_cron_threads: 1\n")
    (inventory / "group_vars/env_production.yml").write_text("odoo_web_workers: 3\n")
    (inventory / "group_vars/tier_standard.yml").write_text("---\nodoo_web_workers: 4\n")
    values = factories.variables(odoo_tier=None, odoo_secret_generate=True)
    (inventory / "host_vars/acme_production.yml").write_text(yaml.safe_dump(values))
    answer, playbook = tmp_path / "answer.json", tmp_path / "play.yml"
    tasks = [
        {"sysgenpro.odoo.odoo_explain": {}, "register": "answer"},
        {
            "ansible.builtin.copy": {"content": "{{ answer | to_json }}", "dest": str(answer), "mode": "0600"},
            "delegate_to": "localhost",
        },
    ]
    playbook.write_text(yaml.safe_dump([{"hosts": "tenants", "gather_facts": False, "tasks": tasks}]))
    argv = ["ansible-playbook", "-i", str(inventory), str(playbook), "-e", "odoo_drain_timeout=9"]
    environment = {**os.environ, "ANSIBLE_CONFIG": str(root / "ansible.cfg")}
    done = subprocess.run(argv, env=environment, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    found = {item["name"]: item for item in json.loads(answer.read_text())["origins"]}
    workers = found["odoo_web_workers"]
    assert (workers["value"], workers["where"]) == (4, "group tier_standard (inventory/group_vars/tier_standard.yml:2)")
    assert workers["over"] == [
        "group env_production (inventory/group_vars/env_production.yml:1) = 3",
        "group all (inventory/group_vars/all.yml:2) = 2",
    ]
    assert found["odoo_tier"]["where"] == "host acme_production (inventory/hosts.yml:11)"
    assert found["odoo_drain_timeout"]["where"] == "extra variable"
    assert found["odoo_host"]["where"].startswith("host acme_production (inventory/host_vars/acme_production.yml:")
    assert found["odoo_web_replicas"]["where"] == "the model"


def test_a_vaulted_value_of_an_inventory_file_is_not_shown() -> None:
    found: dict[str, list[Layer]] = {}
    secret = EncryptedString(ciphertext="$ANSIBLE_VAULT;1.1;AES256\n00\n")
    origins._collect(found, None, "host", "acme", {"odoo_note": secret, "odoo_tier": "standard"}, [])
    assert [(name, layer.value) for name, (layer,) in found.items()] == [
        ("odoo_note", origins.VAULTED),
        ("odoo_tier", "standard"),
    ]
