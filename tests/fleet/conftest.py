"""What the tests of whole inventories share."""

from __future__ import annotations

import os
import subprocess
import typing as t
from pathlib import Path

import pytest
import yaml

if t.TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


class Inventory:
    """A valid region of two tenants, to be broken: files below a folder, and what ansible-playbook says of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "inventory"
        self.secrets = folder / "secrets"
        self.state = folder / "state"
        for path in ("host_vars", "group_vars"):
            (self.folder / path).mkdir(parents=True)
        groups = {"docker_hosts": {"hosts": {"local1": None}}, "tenants": {"hosts": {"acme": None, "globex": None}}}
        self.write("hosts.yml", {"all": {"children": groups}})
        self.write("group_vars/all.yml", {"odoo_region": "local", "ansible_connection": "local"})
        self.write("group_vars/tenants.yml", self.services())
        for name in ("acme", "globex"):
            self.write(
                f"host_vars/{name}.yml",
                {"odoo_environment": "production", "odoo_tier": "standard", "odoo_host": f"{name}.example.com"},
            )

    def services(self) -> dict[str, object]:
        return {
            "odoo_place": "local1",
            "odoo_image": "sysgenpro/odoo:19.0-0123456789ab",
            "odoo_traefik_dynamic_path": str(self.state),
            "odoo_config_path": str(self.state),
            "odoo_postgresql_clusters": {
                "shared": {"host": "192.0.2.1", "port": 6432, "primary_port": 5500, "max_connections": 300}
            },
            "odoo_redis_instances": {"shared": {"host": "192.0.2.1", "port": 6379}},
            "odoo_object_store": {"endpoint": "https://192.0.2.1:8333"},
            "odoo_smtp_host": "192.0.2.1",
            "odoo_secret_path": str(self.secrets),
            "odoo_secret_generate": True,
        }

    def write(self, path: str, content: Mapping[str, object] | str) -> None:
        text = content if isinstance(content, str) else yaml.safe_dump(dict(content), sort_keys=False)
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def add(self, path: str, text: str) -> None:
        with (self.folder / path).open("a", encoding="utf-8") as file:
            file.write(text)

    def play(self, playbook: str, *arguments: str, sources: tuple[Path, ...] = ()) -> subprocess.CompletedProcess[str]:
        argv = ["ansible-playbook", "-i", "inventories/catalogue", "-i", str(self.folder)]
        for source in sources:
            argv += ["-i", str(source)]
        environment = {**os.environ, "ANSIBLE_FORCE_COLOR": "0"}
        return subprocess.run(
            [*argv, f"playbooks/{playbook}.yml", *arguments],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def inventory(tmp_path: Path) -> Inventory:
    return Inventory(tmp_path)
