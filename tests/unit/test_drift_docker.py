"""Drift on a Docker host: field and since when, and nobody's name, because Docker records none."""

from __future__ import annotations

import copy
import dataclasses
import json
import typing as t

import pytest
from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan import drift_docker
from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan.stack import plan_stack
from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan.types import Container, Network, Observed
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render import docker

from . import factories

if t.TYPE_CHECKING:
    from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan.drift import Finding

Object = dict[str, t.Any]
MADE, ENDED, TOUCHED = "2026-03-01T10:00:00Z", "2026-03-02T11:00:00Z", "2026-03-03T12:00:00Z"
DESIRED = docker.render(factories.tenant(), factories.SECRETS, "CA")


def route(web: t.Iterable[str], websocket: t.Iterable[str]) -> str:
    return json.dumps([sorted(web), sorted(websocket)])


def host() -> tuple[Observed, dict[str, Object]]:
    """A host on which everything is as declared, and its containers as Docker inspects them."""
    containers, inspected = [], {}
    for number, wanted in enumerate(DESIRED.sets):
        for index in range(wanted.replicas):
            name, address = f"{wanted.workload}-{index}", f"10.213.0.{2 + 4 * number + index}"
            containers.append(Container(name, wanted.workload, wanted.spec, "running", address, wanted.directory))
            body = copy.deepcopy(dict(wanted.body))
            inspected[name] = {
                "Created": MADE,
                "State": {"Status": "running", "FinishedAt": "0001-01-01T00:00:00Z"},
                "HostConfig": {
                    **body["HostConfig"],
                    "RestartPolicy": {"Name": "unless-stopped", "MaximumRetryCount": 0},
                },
                "Config": {
                    "Image": body["Image"],
                    "Cmd": body["Cmd"] or None,
                    "User": body["User"],
                    "Env": [*body["Env"], "PATH=/bin"],
                },
            }
    web = [c.address for c in containers if c.workload == "web"]
    websocket = [c.address for c in containers if c.workload == "websocket"]
    directories = {wanted.directory: True for wanted in DESIRED.sets}
    network = Network(DESIRED.network, "10.213.0.0/27")
    return Observed(network, tuple(containers), directories, route(web, websocket)), inspected


def findings(observed: Observed, inspected: dict[str, Object], **changed: str) -> list[Finding]:
    steps = plan_stack(DESIRED, observed, route)
    return drift_docker.running(DESIRED, observed, steps, inspected, changed)


def test_what_is_as_declared_is_not_reported() -> None:
    assert findings(*host()) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("HostConfig.Memory", 1),
        ("HostConfig.NanoCpus", 1),
        ("HostConfig.RestartPolicy", {"Name": "no"}),
        ("HostConfig.Binds", ["/:/host"]),
        ("Config.Image", "other"),
        ("Config.Env", ["PATH=/bin"]),
    ],
)
def test_a_field_that_the_labels_do_not_tell_is_compared(field: str, value: t.Any) -> None:
    observed, inspected = host()
    section, key = field.split(".")
    inspected["web-0"][section][key] = value
    found = findings(observed, inspected)
    assert [(one.subject, one.field, one.found, one.by, one.since) for one in found] == [
        ("container web-0", field, value, "", MADE)
    ]


def test_a_container_that_ended_says_since_when() -> None:
    observed, inspected = host()
    inspected["cron-0"]["State"] = {"Status": "exited", "FinishedAt": ENDED}
    containers = tuple(dataclasses.replace(c, state="exited") if c.name == "cron-0" else c for c in observed.containers)
    found = findings(dataclasses.replace(observed, containers=containers), inspected)
    assert [(one.subject, one.difference, one.found, one.since) for one in found] == [
        ("container cron-0", "does not run", "exited", ENDED)
    ]


def test_a_missing_container_and_one_that_nobody_declares_are_reported() -> None:
    observed, inspected = host()
    containers = tuple(c for c in observed.containers if c.name != "queue-0")
    more = Container("extra-0", "extra", "spec", "running", "10.213.0.30")
    inspected["extra-0"] = {"Created": MADE, "State": {"Status": "running"}, "HostConfig": {}, "Config": {}}
    found = findings(dataclasses.replace(observed, containers=(*containers, more)), inspected)
    assert ("container extra-0", "is not declared", MADE) in [(one.subject, one.difference, one.since) for one in found]
    assert [one.difference for one in found if one.subject.startswith("container acme_production-queue")] == [
        "is missing"
    ]


def test_changed_files_and_routes_say_since_when() -> None:
    observed, inspected = host()
    directory = DESIRED.sets[0].directory
    changed = dataclasses.replace(observed, directories={**observed.directories, directory: False}, route="edited")
    found = findings(changed, inspected, **{directory: TOUCHED, "acme_production": TOUCHED})
    assert [(one.subject, one.difference, one.since) for one in found] == [
        (f"directory {directory}", "was changed by hand", TOUCHED),
        ("route file", "differs", TOUCHED),
    ]


def test_nobody_is_ever_named_and_the_report_says_why() -> None:
    observed, inspected = host()
    inspected["web-0"]["HostConfig"]["Memory"] = 1
    assert {one.by for one in findings(observed, inspected)} == {""}
    assert "Docker records no actor" in drift_docker.NOTE
