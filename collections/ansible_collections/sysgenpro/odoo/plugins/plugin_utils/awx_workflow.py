# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Workflows: nodes in an order."""

from __future__ import annotations

import typing as t

from ansible_collections.sysgenpro.odoo.plugins.plugin_utils.awx_survey import answer_problems

if t.TYPE_CHECKING:
    from collections.abc import Iterator

Item = dict[str, t.Any]

EDGES = ("success_nodes", "failure_nodes", "always_nodes")
_PROMPTS = ("inventory", "limit", "job_type", "diff_mode")


def problems(workflow: Item, templates: dict[str, Item]) -> Iterator[str]:
    """What is wrong with the nodes of a workflow.

    :param templates: the job templates that exist, by name, with their defaults.
    """
    nodes = {node["identifier"]: node for node in workflow["nodes"] if node.get("state") != "absent"}
    if len({node["identifier"] for node in workflow["nodes"]}) < len(workflow["nodes"]):
        yield "nodes: two have one identifier"
    for identifier, node in nodes.items():
        for edge in EDGES:
            for target in node.get(edge, []):
                if target not in nodes:
                    yield f"node {identifier} {edge}={target}: must be one of {', '.join(sorted(nodes))}"
        if "job_template" in node:
            for problem in _template(node, workflow, templates):
                yield f"node {identifier} {problem}"
    circle = _circle(nodes)
    if circle:
        yield f"nodes: {' → '.join(circle)} is a circle"


def _template(node: Item, workflow: Item, templates: dict[str, Item]) -> Iterator[str]:
    name = node["job_template"]
    if name not in templates:
        yield f"job_template={name}: must be one of {', '.join(sorted(templates))}"
        return
    template = templates[name]
    yield from answer_problems(node.get("extra_data", {}), template, complete=False)
    answered = {*node.get("extra_data", {}), *(question["variable"] for question in workflow.get("survey", []))}
    for question in template.get("survey", []):
        if question.get("required", True) and "default" not in question and question["variable"] not in answered:
            yield f"extra_data {question['variable']}: is required by {name!r}; the workflow's survey can ask for it"
    if "inventory" not in {*node, *workflow, *template} and not workflow.get("ask_inventory_on_launch"):
        yield f"inventory: must be given or asked for, {name!r} has none"
    for option in _PROMPTS:
        if option in node and not template.get(f"ask_{option}_on_launch"):
            yield f"{option}={node[option]}: {name!r} does not ask for it"


def _circle(nodes: dict[str, Item]) -> list[str]:
    """The identifiers of a circle among the nodes, or nothing."""
    done: set[str] = set()

    def follow(identifier: str, trail: list[str]) -> list[str]:
        if identifier in trail:
            return [*trail[trail.index(identifier) :], identifier]
        if identifier in done or identifier not in nodes:
            return []
        for edge in EDGES:
            for target in nodes[identifier].get(edge, []):
                found = follow(target, [*trail, identifier])
                if found:
                    return found
        done.add(identifier)
        return []

    return next((found for identifier in nodes if (found := follow(identifier, []))), [])


def workflow_nodes(workflow: Item) -> list[Item]:
    """The nodes with their workflow's name and every kind of edge, so that one that is not declared any more is removed."""
    return [{"workflow": workflow["name"], **{edge: [] for edge in EDGES}, **node} for node in workflow["nodes"]]
