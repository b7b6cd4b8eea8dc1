"""Who may work on a database: the place its comment records, and nobody else until that changes."""

from __future__ import annotations

import typing as t

import pytest
import yaml
from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan.database import (
    ObservedDatabase,
    comment,
    plan_database,
)

from . import factories

if t.TYPE_CHECKING:
    from pathlib import Path

LIMIT = 42


def observed(place: str | None) -> ObservedDatabase:
    recorded = None if place is None else {**comment(factories.tenant()), "place": place}
    return ObservedDatabase(LIMIT, password_accepted=True, comment=recorded, template_exists=True, draft_exists=False)


@pytest.mark.parametrize("relocate", [False, True])
def test_a_database_of_this_place_needs_nothing(relocate: bool) -> None:
    assert plan_database(factories.tenant(), observed("local1"), LIMIT, relocate=relocate) == ()


def test_another_place_is_refused_unless_it_is_a_move() -> None:
    (refused,) = plan_database(factories.tenant(), observed("local0"), LIMIT)
    assert (refused.action, refused.cause) == ("refuse_place", "it is recorded at local0, declared at local1")
    (moved,) = plan_database(factories.tenant(), observed("local0"), LIMIT, relocate=True)
    assert (moved.action, moved.cause) == ("record_place", refused.cause)


def states(tasks: list[dict[str, t.Any]]) -> list[str]:
    """What tasks do to stack and record, in order: the state with whose tenant it is."""
    found = []
    for task in tasks:
        stack, database = task.get("sysgenpro.odoo.odoo_stack"), task.get("sysgenpro.odoo.odoo_database")
        if stack:
            where = "former" if stack["tenant"] == "{{ __odoo_former }}" else "new"
            assert ("delegate_to" in task) == (where == "former")
            found.append(f"{stack.get('state', 'present')} at {where}")
        elif database and not task.get("check_mode"):
            found.append("record " + ("former" if database["tenant"] == "{{ __odoo_former }}" else "new"))
        found += states(task.get("block", []))
    return found


def test_nothing_runs_at_one_place_before_nothing_runs_at_the_other(collection: Path) -> None:
    """There and back: what stops comes before the record, the record before what starts."""
    tasks = collection / "roles/odoo/tasks"
    there = states(yaml.safe_load((tasks / "relocate.yml").read_text()))
    assert there == ["stopped at former", "record new", "present at new", "absent at former"]
    back = states(yaml.safe_load((tasks / "relocate_back.yml").read_text()))
    assert back == ["absent at new", "record former", "present at former"]
