# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what a PostgreSQL cluster has of a tenant to what it must have, as ordered steps. Pure."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import typing as t

if t.TYPE_CHECKING:
    from .._model.tenant import Tenant


@dataclasses.dataclass(frozen=True)
class ObservedReporting:
    """A snapshot of the reporting role.

    ``limit`` is None where the role is missing. ``read_only`` says whether its transactions are by default and whether it
    belongs to the group of reporting roles. ``gaps`` counts the tables it may read too little or too much of.
    """

    limit: int | None = None
    read_only: bool = False
    accepted: bool = False
    gaps: int = 0


@dataclasses.dataclass(frozen=True)
class ObservedDatabase:
    """A snapshot of role, database, template and what an earlier run left half-made.

    ``comment`` is None where the database is missing and empty where it carries none of ours. ``former`` are the databases that
    restores kept aside; they are asked for when everything is to go. ``verified`` says whether the comment remembers that passwords
    and privileges were tried and found right since they last changed.
    """

    role_limit: int | None
    password_accepted: bool
    comment: t.Mapping[str, t.Any] | None
    template_exists: bool
    draft_exists: bool
    reporting: ObservedReporting = ObservedReporting()
    former: tuple[str, ...] = ()
    spare_exists: bool = False
    verified: bool = False


@dataclasses.dataclass(frozen=True)
class DatabaseStep:
    """One change and why."""

    action: str
    subject: str
    cause: str

    def public(self) -> dict[str, str]:
        return dataclasses.asdict(self)


def former_pattern(tenant: Tenant) -> str:
    """Names of databases that restores kept aside: as much of the tenant's as there is room for, and the time."""
    return f"^{tenant.database[:40]}__[0-9]{{14}}$"


def template_name(tenant: Tenant) -> str:
    """Name of the template for the tenant's release, modules, country and languages; it changes with any of them."""
    key = json.dumps([tenant.image, sorted(tenant.all_modules), tenant.country, sorted(tenant.languages)])
    return f"template_{tenant.series.replace('.', '_')}_{hashlib.sha256(key.encode()).hexdigest()[:12]}"


def spare_name(tenant: Tenant) -> str:
    """Name of the copy of the template that waits for the next tenant."""
    return f"{template_name(tenant)}__spare"


def draft_name(tenant: Tenant) -> str:
    """Name of the database while it is being made; only a finished one bears the tenant's name."""
    return f"{tenant.database[:55]}__draft"


def comment(tenant: Tenant) -> dict[str, t.Any]:
    """What a database says of itself, readable for all databases in one query."""
    return {
        "tenant": tenant.tenant,
        "region": tenant.region,
        "place": tenant.place,
        "release": tenant.image,
        "modules": sorted(tenant.all_modules),
    }


def plan_database(
    tenant: Tenant, observed: ObservedDatabase, limit: int, *, relocate: bool = False
) -> tuple[DatabaseStep, ...]:
    """Steps that give the tenant its role and database; none when it has them.

    A database that exists is never cloned over. Which release and modules it runs is odoo_module's business.

    :param relocate: record another place than before, instead of refusing it; whoever asks has seen to it that nothing of
        the tenant runs at the former one.
    """
    steps: list[DatabaseStep] = []
    if observed.role_limit is None:
        steps.append(DatabaseStep("create_role", tenant.database_user, "it does not exist"))
    elif observed.role_limit != limit:
        steps.append(
            DatabaseStep(
                "limit_role", tenant.database_user, f"its connection limit is {observed.role_limit}, the budget {limit}"
            )
        )
    if observed.role_limit is not None and observed.comment is not None and not observed.password_accepted:
        steps.append(DatabaseStep("set_password", tenant.database_user, "the server does not accept the declared one"))
    if observed.comment is None:
        if observed.draft_exists:
            steps.append(DatabaseStep("drop_draft", draft_name(tenant), "an earlier run left it half-made"))
        if tenant.database_initialise == "init":
            steps.append(DatabaseStep("initialise", tenant.database, "it does not exist"))
        else:
            if not observed.template_exists:
                steps.append(DatabaseStep("build_template", template_name(tenant), "it does not exist"))
            steps.append(DatabaseStep("clone", tenant.database, "it does not exist"))
    elif observed.comment and observed.comment.get("place") != tenant.place:
        steps.append(
            DatabaseStep(
                "record_place" if relocate else "refuse_place",
                tenant.database,
                f"it is recorded at {observed.comment.get('place')}, declared at {tenant.place}",
            )
        )
    return tuple(steps)


def plan_spare(tenant: Tenant, observed: ObservedDatabase) -> tuple[DatabaseStep, ...]:
    """Copying the template takes longer than all else a new database needs; done beforehand, nobody waits for it."""
    if observed.spare_exists or not observed.template_exists:
        return ()
    return (DatabaseStep("copy_template", spare_name(tenant), "the next new tenant gets it"),)


def plan_record(
    tenant: Tenant, observed: ObservedDatabase, steps: t.Sequence[DatabaseStep]
) -> tuple[DatabaseStep, ...]:
    """The step that lets the next run recognise the database without logging in to it; last, after ``steps``.

    A database whose comment is not ours is not adopted.
    """
    if steps:
        return (DatabaseStep("record", tenant.database, "what was verified of it changes"),)
    if observed.comment and not observed.verified:
        return (DatabaseStep("record", tenant.database, "it has changed since it was last verified"),)
    return ()


def plan_absent_database(tenant: Tenant, observed: ObservedDatabase) -> tuple[DatabaseStep, ...]:
    """Steps that remove database and role, and what restores kept aside, which is the role's too."""
    cause = "the tenant is decommissioned"
    steps = [DatabaseStep("drop_former", name, cause) for name in observed.former]
    if observed.draft_exists:
        steps.append(DatabaseStep("drop_draft", draft_name(tenant), cause))
    if observed.comment is not None:
        steps.append(DatabaseStep("drop_database", tenant.database, cause))
    if observed.role_limit is not None:
        steps.append(DatabaseStep("drop_role", tenant.database_user, cause))
    return tuple(steps)


def plan_modules(
    tenant: Tenant, installed: t.Collection[str], release: str | None, state: str
) -> tuple[DatabaseStep, ...]:
    """Steps from the installed to the declared modules; a module nobody declares stays, because others may need it.

    :param release: the release the database was last installed or upgraded by, None where it is not recorded.
    :param state: C(installed) or C(upgraded).
    """
    steps = [
        DatabaseStep("install", name, "it is not installed")
        for name in sorted(set(tenant.all_modules) - set(installed))
    ]
    if state == "upgraded" and release != tenant.image:
        steps.append(
            DatabaseStep("upgrade", tenant.database, f"it was last upgraded by {release or 'an unknown release'}")
        )
    return tuple(steps)


def module_commands(steps: t.Sequence[DatabaseStep]) -> list[tuple[str, ...]]:
    """Odoo's commands for the steps of plan_modules: upgrade what is there before installing beside it."""
    commands: list[tuple[str, ...]] = []
    if any(step.action == "upgrade" for step in steps):
        commands.append(("module", "upgrade", "--outdated", "all"))
    missing = [step.subject for step in steps if step.action == "install"]
    if missing:
        commands.append(("server", f"--init={','.join(missing)}", "--stop-after-init"))
    return commands
