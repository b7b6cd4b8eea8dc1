"""From the observed to the declared database of a tenant."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan import database as plan
from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan.database import ObservedDatabase

from . import factories

TENANT = factories.tenant()
MISSING = ObservedDatabase(
    role_limit=None, password_accepted=False, comment=None, template_exists=True, draft_exists=False
)


def actions(observed: ObservedDatabase, **changes: t.Any) -> list[str]:
    return [step.action for step in plan.plan_database(factories.tenant(**changes), observed, 20)]


def test_a_new_database_is_a_clone_of_the_template_which_is_built_once() -> None:
    assert actions(MISSING) == ["create_role", "clone"]
    assert actions(dataclasses.replace(MISSING, template_exists=False)) == ["create_role", "build_template", "clone"]


def test_what_an_earlier_run_left_half_made_goes_first() -> None:
    assert actions(dataclasses.replace(MISSING, role_limit=20, draft_exists=True)) == ["drop_draft", "clone"]


def test_a_database_at_another_place_is_refused() -> None:
    elsewhere = dataclasses.replace(MISSING, role_limit=20, password_accepted=True, comment={"place": "elsewhere"})
    assert actions(elsewhere) == ["refuse_place"]


@pytest.mark.parametrize(
    ("template", "spare", "expected"),
    [(True, False, ["copy_template"]), (True, True, []), (False, False, []), (False, True, [])],
)
def test_one_copy_of_a_template_waits_for_the_next_tenant(template: bool, spare: bool, expected: list[str]) -> None:
    observed = dataclasses.replace(MISSING, template_exists=template, spare_exists=spare)
    assert [step.action for step in plan.plan_spare(TENANT, observed)] == expected


def test_tenants_share_a_copy_when_they_share_a_template() -> None:
    other = factories.tenant(odoo_languages=["en_US", "fr_FR"])
    assert plan.spare_name(TENANT).startswith(plan.template_name(TENANT))
    assert plan.spare_name(other) != plan.spare_name(TENANT)
    # PostgreSQL cuts longer names off, and two could meet.
    assert len(plan.spare_name(TENANT)) <= 63


def test_an_upgrade_names_what_it_upgrades_and_comes_before_what_is_new() -> None:
    """Odoo's command refuses to run without a name; all stands for what is installed."""
    missing = sorted(TENANT.all_modules)[0]
    installed = set(TENANT.all_modules) - {missing}
    steps = plan.plan_modules(TENANT, installed, "sysgenpro/odoo:former", "upgraded")
    assert plan.module_commands(steps) == [
        ("module", "upgrade", "--outdated", "all"),
        ("server", f"--init={missing}", "--stop-after-init"),
    ]
