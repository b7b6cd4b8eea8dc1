"""The example inventories in a directory of their own, and Ansible run on them for real: nothing but the controller is touched."""

from __future__ import annotations

import os
import shutil
import subprocess
import typing as t
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
REGIONS = ("eu-west", "us-east")
VALIDATE = """---
- name: Check the whole inventory
  hosts: tenants
  gather_facts: false
  tasks:
    - name: Every tenant
      sysgenpro.odoo.odoo_validate:
      run_once: true
      register: checked
    - name: Where each region's object store is
      ansible.builtin.debug:
        msg: "stores {{ checked.stores | dictsort | map('join', '=') | join(' ') }}"
      run_once: true
"""


class ExampleRegions:
    """A copy of the catalogue and the example regions."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        for name in ("catalogue", *REGIONS):
            shutil.copytree(ROOT / "inventories" / name, directory / name)
        self._validate = directory / "validate.yml"
        self._validate.write_text(VALIDATE)

    def sources(self, *regions: str) -> list[str]:
        return [f"--inventory={self.directory / name}" for name in ("catalogue", *(regions or REGIONS))]

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        # As JSON: YAML would fold what is longer than a line.
        environment = {**os.environ, "ANSIBLE_CALLBACK_RESULT_FORMAT": "json", "ANSIBLE_NOCOLOR": "1"}
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    def playbook(self, name: str, *arguments: str, regions: t.Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
        return self.run("ansible-playbook", *self.sources(*regions), f"playbooks/{name}.yml", *arguments)

    def validate(self, *regions: str) -> subprocess.CompletedProcess[str]:
        secrets = ("-e", "odoo_secret_generate=true", "-e", f"odoo_secret_path={self.directory / 'secrets'}")
        return self.run("ansible-playbook", *self.sources(*regions), str(self._validate), *secrets)

    def file(self, region: str, host: str) -> Path:
        return self.directory / region / "host_vars" / f"{host}.yml"

    def change(self, path: str, **values: t.Any) -> None:
        """Add variables to a file of the copy, or make it."""
        file = self.directory / path
        known = yaml.safe_load(file.read_text()) if file.exists() else {}
        file.write_text(yaml.safe_dump({**known, **values}, sort_keys=False))

    def change_group(self, path: str, group: str, **values: t.Any) -> None:
        """Add variables to a group of an inventory file of the copy."""
        file = self.directory / path
        content = yaml.safe_load(file.read_text())
        declared = content["all"]["children"].setdefault(group, {})
        declared["vars"] = {**declared.get("vars", {}), **values}
        file.write_text(yaml.safe_dump(content, sort_keys=False))

    def group(self, path: str, group: str) -> dict[str, t.Any]:
        """Variables of a group of an inventory file of the copy."""
        return dict(yaml.safe_load((self.directory / path).read_text())["all"]["children"][group]["vars"])


def said(result: subprocess.CompletedProcess[str]) -> str:
    """Everything a run said, each quote as it was before JSON."""
    return (result.stdout + result.stderr).replace('\\"', '"').replace("\\u2192", "→")
