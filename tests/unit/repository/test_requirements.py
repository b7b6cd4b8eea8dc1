"""The pinned requirements, the collections' ranges and what is installed agree."""

from __future__ import annotations

import json
import re
from pathlib import Path

import ansible_collections
import yaml
from ansible.galaxy.dependency_resolution.versioning import meets_requirements


def installed_version(name: str) -> str:
    """Return the version of a collection in the ansible package of this environment."""
    for base in ansible_collections.__path__:
        manifest = Path(base, *name.split("."), "MANIFEST.json")
        if manifest.is_file():
            return str(json.loads(manifest.read_text())["collection_info"]["version"])
    raise AssertionError(f"{name} is not installed")


def test_requirements_and_galaxy_name_the_same_ranges(root: Path, collection: Path) -> None:
    required = yaml.safe_load((root / "requirements.yml").read_text())["collections"]
    declared = yaml.safe_load((collection / "galaxy.yml").read_text())["dependencies"]
    assert {entry["name"]: entry["version"] for entry in required} == declared


def test_the_ansible_package_satisfies_the_ranges(collection: Path) -> None:
    declared = yaml.safe_load((collection / "galaxy.yml").read_text())["dependencies"]
    unmet = {
        name: wanted for name, wanted in declared.items() if not meets_requirements(installed_version(name), wanted)
    }
    assert unmet == {}


def test_every_requirement_is_pinned(root: Path) -> None:
    lines = [
        line
        for line in (root / "requirements.txt").read_text().splitlines()
        if line and not line.lstrip().startswith("#")
    ]
    assert [line for line in lines if not re.match(r"[A-Za-z0-9._-]+==\S+( ; .+)?$", line)] == []


def test_both_lanes_are_pinned(root: Path) -> None:
    text = (root / "requirements.txt").read_text()
    assert re.search(r"^ansible==14\.5\.0 ; python_full_version >= '3\.12'$", text, re.MULTILINE)
    assert re.search(r"^ansible==12\.3\.0 ; python_full_version < '3\.12'$", text, re.MULTILINE)
