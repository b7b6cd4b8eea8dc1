"""A tenant on a cluster that sleeps: what is declared of it, and the order in which it lies down and rises."""

from __future__ import annotations

import dataclasses
import http.client
import json
import socket
import subprocess
import sys
import time
import typing as t

import pytest
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge import kubernetes_memory
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.kubernetes_kinds import REST_ANNOTATION, ref
from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan.kubernetes import plan_kubernetes
from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan.schedule import Rest
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render.kubernetes import asleep as sleeping
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render.kubernetes.asleep import asleep
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render.kubernetes.quantities import parsed
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render.kubernetes.render import render
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import OdooError

from . import factories
from .kubernetes_observed import converged, told
from .kubernetes_strategies import holds_for_every_tenant

if t.TYPE_CHECKING:
    from pathlib import Path

    from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.tenant import Tenant
    from ansible_collections.sysgenpro.odoo.plugins.module_utils._render.kubernetes.types import Desired

ASLEEP = Rest(True, "2026-11-25T20:00:00Z", "", "its timetable")
CA = "the region's CA"


def awake(**changes: t.Any) -> Desired:
    return render(factories.on_kubernetes(**changes), factories.SECRETS, CA)


def of_kind(desired: Desired, kind: str) -> list[dict[str, t.Any]]:
    return [dict(item) for item in desired.objects if item["kind"] == kind]


def test_one_small_pod_is_all_that_runs() -> None:
    (deployment,) = of_kind(asleep(awake(odoo_kubernetes_web_replicas_max=6)), "Deployment")
    pod = deployment["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["image"] == factories.DIGEST
    assert parsed(container["resources"]["limits"]["memory"]) <= 64 * 1024**2
    assert "secret" not in json.dumps(pod["volumes"])
    assert of_kind(asleep(awake()), "HorizontalPodAutoscaler") == []


def test_every_name_leads_to_the_page_whatever_the_path() -> None:
    (route,) = of_kind(asleep(awake()), "IngressRoute")
    (before,) = of_kind(awake(), "IngressRoute")
    tenant = factories.on_kubernetes()
    assert [way["match"] for way in route["spec"]["routes"]] == [
        f"Host(`{tenant.host}`)",
        f"Host(`{tenant.integration_host}`)",
    ]
    assert {way["services"][0]["name"] for way in route["spec"]["routes"]} == {"page"}
    assert (route["spec"]["entryPoints"], route["spec"]["tls"]) == (
        before["spec"]["entryPoints"],
        before["spec"]["tls"],
    )


def test_patches_of_web_that_say_where_pods_run_hold_for_the_page() -> None:
    patch = {
        "kind": "Deployment",
        "name": "web",
        "patch": {"spec": {"template": {"spec": {"imagePullSecrets": [{"name": "registry"}]}}}},
    }
    (deployment,) = of_kind(asleep(awake(odoo_kubernetes_patches=[patch])), "Deployment")
    assert deployment["spec"]["template"]["spec"]["imagePullSecrets"] == [{"name": "registry"}]


@holds_for_every_tenant
def test_a_sleeper_of_any_tenant_is_consistent(tenant: Tenant) -> None:
    rendered = render(tenant, factories.SECRETS, CA)
    found = asleep(rendered)
    (deployment,) = of_kind(found, "Deployment")
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert deployment["spec"]["selector"]["matchLabels"].items() <= labels.items()
    (service,) = of_kind(found, "Service")
    assert service["spec"]["selector"].items() <= labels.items()
    policies = {item["metadata"]["name"]: item for item in of_kind(found, "NetworkPolicy")}
    assert policies["page"]["spec"]["podSelector"]["matchLabels"].items() <= labels.items()
    assert policies["page"]["spec"]["policyTypes"] == ["Ingress"]
    assert "default-deny" in policies
    for item in found.objects:
        assert rendered.labels.items() <= item["metadata"]["labels"].items()
    assert len({ref(item) for item in found.objects}) == len(found.objects)


def test_the_page_serves_before_the_route_leads_there_and_the_pods_end_after_that() -> None:
    wanted = kubernetes_memory.declared(awake(), ASLEEP)
    before = converged(awake())
    steps = told(plan_kubernetes(wanted, _as_seen(before, wanted)))
    ready, route = steps.index(("await_ready", "Deployment/page")), steps.index(("apply", "IngressRoute/odoo"))
    ends = [position for position, step in enumerate(steps) if step[0] == "delete" and "Deployment/" in step[1]]
    assert ready < route < min(ends)
    assert {steps[position][1] for position in ends} == {
        "Deployment/web", "Deployment/websocket", "Deployment/cron", "Deployment/queue",
    }  # fmt: skip


def test_waking_leads_to_the_web_pods_when_they_are_ready_and_the_page_goes_last() -> None:
    wanted = kubernetes_memory.declared(awake(), Rest())
    before = converged(kubernetes_memory.declared(awake(), ASLEEP))
    steps = told(plan_kubernetes(wanted, _as_seen(before, wanted)))
    web, route = steps.index(("await_ready", "Deployment/web")), steps.index(("apply", "IngressRoute/odoo"))
    assert web < route < steps.index(("delete", "Deployment/page"))


def _as_seen(observed: t.Any, wanted: Desired) -> t.Any:
    """With the server's opinion of what is declared and differs."""
    merged = {
        ref(item): {**observed.objects[ref(item)], **item}
        for item in wanted.in_apply_order
        if ref(item) in observed.objects and item.get("spec") != observed.objects[ref(item)].get("spec")
    }
    return dataclasses.replace(observed, merged=merged)


def test_a_sleeper_that_is_as_declared_has_nothing_to_do() -> None:
    wanted = kubernetes_memory.declared(awake(), ASLEEP)
    assert plan_kubernetes(wanted, converged(wanted)) == ()


@pytest.mark.parametrize(
    "rest", [Rest(), ASLEEP, Rest(False, "2026-11-25T20:00:00Z", "2026-11-26T04:00:00Z", "by hand")]
)
def test_what_is_remembered_is_read_again(rest: Rest) -> None:
    namespace = kubernetes_memory.declared(awake(), rest).objects[0]
    assert kubernetes_memory.rest_of(namespace) == rest
    assert (REST_ANNOTATION in namespace["metadata"].get("annotations", {})) == (rest != Rest())


def test_a_restored_server_is_remembered_and_forgotten() -> None:
    server = kubernetes_memory.Server("192.0.2.9", 5601)
    desired = kubernetes_memory.declared(awake(), ASLEEP, server)
    namespace = desired.objects[0]
    assert kubernetes_memory.server_of(namespace) == server
    assert kubernetes_memory.rest_of(namespace) == ASLEEP
    assert kubernetes_memory.server_of(awake().objects[0]) is None
    assert kubernetes_memory.server_of(None) is None


@pytest.mark.parametrize("text", ["asleep", "[]", '{"sleeps": true}'])
def test_an_annotation_of_somebody_else_is_named_with_its_cure(text: str) -> None:
    namespace = {"metadata": {"name": "local-acme-dev", "annotations": {REST_ANNOTATION: text}}}
    with pytest.raises(OdooError, match=REST_ANNOTATION) as refused:
        kubernetes_memory.rest_of(namespace)
    assert "kubectl annotate namespace local-acme-dev sysgenpro.odoo/rest-" in str(refused.value.hint)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_the_page_is_served_as_unavailable(tmp_path: Path, method: str) -> None:
    """The script as the pod runs it, but for its directory and port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (tmp_path / "page.html").write_text(sleeping.HTML)
    script = sleeping.SERVER.replace(sleeping.DIRECTORY, str(tmp_path)).replace('("", 8069)', f'("127.0.0.1", {port})')
    assert str(port) in script
    server = subprocess.Popen([sys.executable, "-c", script])
    try:
        answer = _ask(port, method)
        assert (answer.status, answer.getheader("Retry-After")) == (503, "30")
        assert answer.getheader("Cache-Control") == "no-store"
        assert (b"Asleep" in answer.read()) == (method != "HEAD")
    finally:
        server.terminate()
        assert server.wait(timeout=10) == 0


def _ask(port: int, method: str) -> http.client.HTTPResponse:
    for _attempt in range(100):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request(method, "/web/login?redirect=/odoo")
            return connection.getresponse()
        except ConnectionRefusedError:
            time.sleep(0.05)
    raise AssertionError("the page does not answer")
