"""Each role says what it takes, and its README, its specification and its defaults agree."""

from __future__ import annotations

import typing as t

import generate_reference
import pytest
import role_readme
import yaml

if t.TYPE_CHECKING:
    from pathlib import Path

ROLES = sorted(path for path in role_readme.ROLES.iterdir() if path.is_dir())
#: Their specification follows from the tenant model, and the model fills in what is not given: the value of a default
#: stands once, in the field table, and not again in defaults/main.yml.
OF_THE_MODEL = [path for path in ROLES if path / "meta/argument_specs.yml" in generate_reference.outputs()]
role_of_each = pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)


def specification(role: Path) -> dict[str, t.Any]:
    return yaml.safe_load((role / "meta/argument_specs.yml").read_text())["argument_specs"]


@role_of_each
def test_role_has_what_every_role_has(role: Path) -> None:
    wanted = {"README.md", "defaults/main.yml", "meta/argument_specs.yml", "meta/main.yml", "tasks/main.yml"}
    expected = wanted - {"defaults/main.yml"} if role in OF_THE_MODEL else wanted
    assert {name for name in wanted if (role / name).is_file()} == expected


@role_of_each
def test_readme_is_generated_from_the_specification(role: Path) -> None:
    assert (role / "README.md").read_text() == role_readme.readme(role), "run scripts/role_readme.py"


@pytest.mark.parametrize("role", [path for path in ROLES if path not in OF_THE_MODEL], ids=lambda role: role.name)
def test_defaults_are_specified_and_equal(role: Path) -> None:
    options = {
        name: option for spec in specification(role).values() for name, option in spec.get("options", {}).items()
    }
    defaults = yaml.safe_load((role / "defaults/main.yml").read_text()) or {}
    assert sorted(set(defaults) - set(options)) == [], "defaults nobody specified"
    specified = {name: options[name]["default"] for name in defaults if "default" in options[name]}
    plain = {name: value for name, value in defaults.items() if "{{" not in str(value)}
    assert {name: plain[name] for name in plain if name in specified} == {
        name: value for name, value in specified.items() if name in plain
    }


@role_of_each
def test_role_is_linked_at_the_top(role: Path, root: Path) -> None:
    link = root / "roles" / role.name
    assert link.is_symlink()
    assert not link.readlink().is_absolute()
    assert link.resolve() == role.resolve()
