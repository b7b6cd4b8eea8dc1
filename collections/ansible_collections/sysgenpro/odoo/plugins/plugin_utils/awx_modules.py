# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A checked definition in the form of the modules of awx.awx."""

from __future__ import annotations

import typing as t

from ansible_collections.sysgenpro.odoo.plugins.plugin_utils.awx_references import GRANTED
from ansible_collections.sysgenpro.odoo.plugins.plugin_utils.awx_survey import survey_spec
from ansible_collections.sysgenpro.odoo.plugins.plugin_utils.awx_workflow import workflow_nodes

Item = dict[str, t.Any]

#: Kinds whose items the modules take as they stand.
_AS_THEY_ARE = (
    "execution_environments",
    "credential_types",
    "credentials",
    "projects",
    "labels",
    "notification_templates",
    "schedules",
)


def for_modules(document: Item) -> Item:
    """Return ``organization`` and a list for each module; every list is there, also when nothing is declared."""
    inventories = document["inventories"]
    return {
        "organization": document["organization"],
        **{kind: document.get(kind, []) for kind in _AS_THEY_ARE},
        "inventories": sorted(inventories, key=lambda item: "input_inventories" in item),
        "inventory_sources": [
            {**source, "inventory": item["name"]}
            for item in inventories
            if item.get("state") != "absent"
            for source in item.get("sources", [])
        ],
        "job_templates": [_job_template(document, item) for item in document["job_templates"]],
        "workflows": [_surveyed(item) for item in document.get("workflows", [])],
        "workflow_nodes": [
            node
            for item in document.get("workflows", [])
            if item.get("state") != "absent"
            for node in workflow_nodes(item)
        ],
        "teams": document.get("teams", []),
        "roles": [role for team in document.get("teams", []) for role in _roles(document, team)],
    }


def _surveyed(item: Item) -> Item:
    """The item with its survey as AWX keeps it; without questions it has none."""
    questions = item.get("survey", [])
    return {
        **item,
        "survey_enabled": bool(questions),
        "survey_spec": survey_spec(item["name"], questions) if questions else {},
    }


def _job_template(document: Item, item: Item) -> Item:
    return _surveyed({**document.get("job_template_defaults", {}), **item})


def _roles(document: Item, team: Item) -> t.Iterator[Item]:
    """What a team may do, with ``*`` written out and what is absent left out."""
    if team.get("state") == "absent":
        return
    for role in team["roles"]:
        granted: Item = {"team": team["name"], "role": role["role"]}
        if role.get("organization"):
            granted["organization"] = document["organization"]["name"]
        for kind in GRANTED:
            present = [item["name"] for item in document.get(kind, []) if item.get("state") != "absent"]
            names = present if role.get(kind) == ["*"] else role.get(kind, [])
            if names:
                granted[kind] = names
        yield granted
