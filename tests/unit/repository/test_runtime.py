"""meta/runtime.yml names what exists."""

from __future__ import annotations

import typing as t

import yaml

if t.TYPE_CHECKING:
    from pathlib import Path


def test_every_module_of_an_action_group_exists(collection: Path) -> None:
    groups = yaml.safe_load((collection / "meta/runtime.yml").read_text())["action_groups"]
    modules = {path.stem for path in (collection / "plugins/modules").glob("*.py")}
    assert {name for members in groups.values() for name in members} - modules == set()
