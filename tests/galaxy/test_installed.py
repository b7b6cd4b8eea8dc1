"""The installed collection, used by full names from a folder that is not the repository."""

from __future__ import annotations

import re
import typing as t

import pytest
import yaml

from .conftest import NAME, ROOT, Installed

if t.TYPE_CHECKING:
    from pathlib import Path

INVENTORIES = ("-i", str(ROOT / "inventories/catalogue"), "-i", str(ROOT / "inventories/local"))
PLAYBOOKS = sorted(path.stem for path in (ROOT / "playbooks").glob("*.yml"))
PLUGINS = ("module", "lookup", "filter", "test", "callback")


def test_only_the_collection_was_installed(installed: Installed) -> None:
    """Its dependencies are satisfied by the ansible package, so that nothing was asked of a server."""
    there = [path.name for path in (installed.collections / "ansible_collections").iterdir()]
    assert there == ["sysgenpro"]


def version() -> str:
    galaxy = ROOT / "collections/ansible_collections/sysgenpro/odoo/galaxy.yml"
    return str(yaml.safe_load(galaxy.read_text())["version"])


def test_every_file_is_as_it_was_built(installed: Installed) -> None:
    told = installed.run("ansible-galaxy", "collection", "verify", "--offline", NAME, "-p", str(installed.collections))
    assert f"Successfully verified that checksums for '{NAME}:{version()}'" in told


def test_a_changed_file_is_found(installed: Installed) -> None:
    changed = installed.path / "playbooks/site.yml"
    text = changed.read_text()
    changed.write_text(f"{text}\n")
    try:
        told = installed.run(
            "ansible-galaxy", "collection", "verify", "--offline", NAME, "-p", str(installed.collections), check=False
        )
    finally:
        changed.write_text(text)
    assert "playbooks/site.yml" in told


@pytest.mark.parametrize("kind", PLUGINS)
def test_every_plugin_is_found_and_documented(installed: Installed, kind: str) -> None:
    folder = installed.path / "plugins" / ("modules" if kind == "module" else kind)
    there = {f"{NAME}.{path.stem}" for path in folder.glob("*.py") if path.stem != "__init__"}
    told = installed.json("ansible-doc", "-t", kind, "--json", *sorted(there))
    assert set(told) == there
    assert all(entry.get("doc", {}).get("short_description") for entry in told.values())


def test_every_role_is_found_with_its_entry_points(installed: Installed) -> None:
    told = installed.json("ansible-doc", "-t", "role", "--list", "--json", NAME)
    assert set(told) == {f"{NAME}.{path.name}" for path in (installed.path / "roles").iterdir()}
    assert {"main", "restore", "recovery_point"} <= set(told[f"{NAME}.odoo"]["entry_points"])


def test_every_playbook_is_found_by_its_full_name(installed: Installed) -> None:
    names = [f"{NAME}.{name}" for name in PLAYBOOKS]
    told = installed.run("ansible-playbook", *INVENTORIES, "--syntax-check", *names)
    assert [
        name for name in PLAYBOOKS if f"playbook: {NAME}.{name}" not in told and f"/playbooks/{name}.yml" not in told
    ] == []


def test_a_playbook_of_ones_own_imports_one(installed: Installed, tmp_path: Path) -> None:
    mine = tmp_path / "mine.yml"
    mine.write_text(yaml.safe_dump([{"name": "Site", "ansible.builtin.import_playbook": f"{NAME}.site"}]))
    told = installed.run("ansible-playbook", *INVENTORIES, "--list-tasks", str(mine))
    assert "Every tenant's variables, names, places, budgets and secrets" in told


def test_a_playbook_really_runs(installed: Installed) -> None:
    told = installed.run(
        "ansible-playbook", f"{NAME}.awx", "-e", "awx_apply=false", "-e", f"awx_definition_path={ROOT / 'awx'}"
    )
    assert "failed=0" in told
    assert "job templates" in told


def test_a_module_really_runs(installed: Installed) -> None:
    told = installed.run(
        "ansible",
        "localhost",
        "-m",
        f"{NAME}.package_sources_info",
        "-e",
        "ansible_python_interpreter=/usr/bin/python3",
    )
    assert "SUCCESS" in told


def test_the_readme_on_galaxy_leads_nowhere_wrong(installed: Installed) -> None:
    targets: t.Iterable[str] = re.findall(r"\]\(([^)#:]+)\)", (installed.path / "README.md").read_text())
    assert [target for target in targets if not (installed.path / target).exists()] == []
