# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the parts of AWX's definition say of each other: names that exist, answers that a survey accepts, nodes in an order."""

from __future__ import annotations

import typing as t

from ansible_collections.sysgenpro.odoo.plugins.plugin_utils import awx_workflow
from ansible_collections.sysgenpro.odoo.plugins.plugin_utils.awx_survey import answer_problems, question_problems

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from ansible_collections.sysgenpro.odoo.plugins.plugin_utils.awx_definition import Definition

Item = dict[str, t.Any]

#: Kinds of credential that every AWX has, with those of their fields that are secret.
BUILT_IN = {
    "Container Registry": {"password"},
    "Machine": {"password", "ssh_key_data", "ssh_key_unlock", "become_password"},
    "OpenShift or Kubernetes API Bearer Token": {"bearer_token"},
    "Source Control": {"password", "ssh_key_data", "ssh_key_unlock"},
    "Vault": {"vault_password"},
}
#: Fields of notifications that AWX keeps encrypted.
NOTIFICATION_SECRETS = {"password", "token", "account_token", "grafana_key"}
_NOTIFICATIONS = tuple(f"notification_templates_{event}" for event in ("started", "success", "error", "approvals"))
#: For each kind of item, the options that name items of another kind.
REFERENCES = {
    "execution_environments": {"credential": "credentials"},
    "projects": {"credential": "credentials", "default_environment": "execution_environments"},
    "inventories": {"input_inventories": "inventories"},
    "job_templates": {
        "project": "projects",
        "inventory": "inventories",
        "execution_environment": "execution_environments",
        "credentials": "credentials",
        "labels": "labels",
    },
    "workflows": {"inventory": "inventories", "labels": "labels"},
    "schedules": {"inventory": "inventories"},
}
_SOURCE_REFERENCES = {
    "source_project": "projects",
    "credential": "credentials",
    "execution_environment": "execution_environments",
}
#: Kinds that a team's role can be about.
GRANTED = ("job_templates", "workflows", "inventories", "projects", "credentials")


def problems(definition: Definition) -> list[str]:
    """Everything that is wrong with a definition that fits the schema, one line each."""
    return list(_Check(definition).run())


def _clear_text(option: str, values: Item, secret: set[str]) -> Iterator[str]:
    for name in sorted(secret & set(values)):
        if values[name] != "" and not isinstance(values[name], dict):
            yield f"{option}.{name}: is a secret in clear text, must be {{secret: owner/name}}"


class _Check:
    def __init__(self, definition: Definition) -> None:
        self._definition = definition
        self._document = definition.document
        self._present = {
            kind: {item["name"] for item in items if item.get("state") != "absent"}
            for kind, items in self._document.items()
            if isinstance(items, list)
        }
        self._templates = {item["name"]: item for item in self._document["job_templates"]}
        self._flows = {item["name"]: item for item in self._document.get("workflows", [])}

    def run(self) -> Iterator[str]:
        yield from self._duplicates()
        yield from self._organization()
        for kind, items in self._document.items():
            if not isinstance(items, list):
                continue
            for index, item in enumerate(items):
                if item.get("state") != "absent":
                    where = self._definition.where(kind, index)
                    for problem in self._item(kind, item):
                        yield f"{where} {problem}"

    def _duplicates(self) -> Iterator[str]:
        for kind, items in self._document.items():
            seen: set[str] = set()
            for index, item in enumerate(items if isinstance(items, list) else []):
                if item["name"] in seen:
                    yield f"{self._definition.where(kind, index)}: is there twice"
                seen.add(item["name"])
        approvals = [
            node["approval"]["name"] for item in self._flows.values() for node in item["nodes"] if "approval" in node
        ]
        for name in sorted({name for name in approvals if approvals.count(name) > 1}):
            yield f"workflows: two approvals are named {name!r}, and approvals are found by name"
        for name in sorted(set(self._templates) & set(self._flows)):
            yield f"workflows {name!r}: is a job template's name too, and schedules find both by name"

    def _organization(self) -> Iterator[str]:
        organization = self._document["organization"]
        for problem in self._named(organization, {"default_environment": "execution_environments"}):
            yield f"organization {problem}"

    def _item(self, kind: str, item: Item) -> Iterator[str]:
        if kind == "job_templates":
            item = self._merged()[item["name"]]
        yield from self._named(item, REFERENCES.get(kind, {}))
        checks = {
            "inventories": self._check_inventory,
            "credentials": self._check_credential,
            "notification_templates": self._check_notification,
            "job_templates": self._check_job_template,
            "workflows": self._check_workflow,
            "schedules": self._check_schedule,
            "teams": self._check_team,
        }
        if kind in checks:
            yield from checks[kind](item)

    def _named(self, item: Item, references: dict[str, str]) -> Iterator[str]:
        notifications = dict.fromkeys(_NOTIFICATIONS, "notification_templates")
        for option, kind in {**references, **notifications}.items():
            names = item.get(option, [])
            for name in [names] if isinstance(names, str) else names:
                yield from self._exists(option, name, kind)

    def _exists(self, option: str, name: str, kind: str) -> Iterator[str]:
        known = self._present.get(kind, set())
        if name not in known:
            yield f"{option}={name}: must be one of {', '.join(sorted(known)) or f'{kind}, and there are none'}"

    def _check_inventory(self, item: Item) -> Iterator[str]:
        for source in item.get("sources", []):
            for problem in self._named(source, _SOURCE_REFERENCES):
                yield f"source {source['name']!r} {problem}"

    def _check_credential(self, item: Item) -> Iterator[str]:
        own = {entry["name"]: entry for entry in self._document.get("credential_types", [])}
        kind = item["credential_type"]
        if kind not in own and kind not in BUILT_IN:
            yield f"credential_type={kind}: must be one of {', '.join(sorted({*own, *BUILT_IN}))}"
            return
        secret = BUILT_IN.get(kind, set())
        if kind in own:
            fields = {field["id"]: field for field in own[kind]["inputs"]["fields"]}
            secret = {name for name, field in fields.items() if field.get("secret")}
            for name in sorted(set(item["inputs"]) - set(fields)):
                yield f"inputs.{name}: must be one of {', '.join(sorted(fields))}"
            for name in sorted(set(own[kind]["inputs"].get("required", [])) - set(item["inputs"])):
                yield f"inputs.{name}: is required"
        yield from _clear_text("inputs", item["inputs"], secret)

    def _check_notification(self, item: Item) -> Iterator[str]:
        yield from _clear_text("notification_configuration", item["notification_configuration"], NOTIFICATION_SECRETS)

    def _check_job_template(self, item: Item) -> Iterator[str]:
        if "project" not in item:
            yield "project: must be given, here or in job_template_defaults"
        if "inventory" not in item and not item.get("ask_inventory_on_launch"):
            yield "inventory: must be given, or ask_inventory_on_launch be true"
        yield from question_problems(item.get("survey", []))

    def _check_workflow(self, item: Item) -> Iterator[str]:
        yield from question_problems(item.get("survey", []))
        yield from awx_workflow.problems(item, self._merged())

    def _merged(self) -> dict[str, Item]:
        defaults = self._document.get("job_template_defaults", {})
        return {name: {**defaults, **item} for name, item in self._templates.items() if item.get("state") != "absent"}

    def _check_schedule(self, item: Item) -> Iterator[str]:
        name = item["unified_job_template"]
        templates = {**self._flows, **self._merged()}
        if name not in templates:
            yield f"unified_job_template={name}: must be one of {', '.join(sorted(templates))}"
            return
        template = templates[name]
        yield from answer_problems(item.get("extra_data", {}), template, complete=True)
        for option in ("inventory", "limit", "job_type", "diff_mode"):
            if option in item and not template.get(f"ask_{option}_on_launch"):
                yield f"{option}={item[option]}: {name!r} does not ask for it"
        if "inventory" not in item and "inventory" not in template:
            yield f"inventory: must be given, {name!r} has none"

    def _check_team(self, item: Item) -> Iterator[str]:
        for role in item["roles"]:
            for kind in GRANTED:
                for name in role.get(kind, []):
                    if name != "*":
                        yield from (f"{role['role']} {problem}" for problem in self._exists(kind, name, kind))
