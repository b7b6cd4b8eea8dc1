from __future__ import annotations

import typing as t

import pytest
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render.kubernetes import patches, quantities
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render.kubernetes import render as kubernetes
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import InvalidTenant
from hypothesis import given
from hypothesis import strategies as st

from . import factories

if t.TYPE_CHECKING:
    from ansible_collections.sysgenpro.odoo.plugins.module_utils._render.kubernetes.types import Desired, Manifest

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
)


def patch(kind: str, name: str, /, **content: t.Any) -> dict[str, t.Any]:
    return {"kind": kind, "name": name, "patch": content}


def rendered(*given: dict[str, t.Any], **changes: t.Any) -> Desired:
    tenant = factories.on_kubernetes(odoo_kubernetes_patches=list(given), **changes)
    return kubernetes.render(tenant, factories.SECRETS, "CA\n")


def find(desired: Desired, kind: str, name: str) -> Manifest:
    return next(item for item in desired.objects if item["kind"] == kind and item["metadata"]["name"].startswith(name))


def refused(*given: dict[str, t.Any], **changes: t.Any) -> list[str]:
    with pytest.raises(InvalidTenant) as raised:
        rendered(*given, **changes)
    return raised.value.problems


def test_a_patch_changes_the_object_it_names_and_no_other() -> None:
    annotations = {"metadata": {"annotations": {"example.com/team": "shop"}}}
    before, after = rendered(), rendered(patch("Service", "web", **annotations))
    differing = [
        (new["kind"], new["metadata"]["name"])
        for old, new in zip(before.objects, after.objects, strict=True)
        if old != new
    ]
    assert differing == [("Service", "web")]
    assert find(after, "Service", "web")["metadata"]["annotations"] == {"example.com/team": "shop"}


def test_every_rendered_object_can_be_patched() -> None:
    names = {
        (
            item["kind"],
            item["metadata"]["labels"]["sysgenpro.odoo/workload"]
            if item["kind"] == "ConfigMap"
            else item["metadata"]["name"],
        )
        for item in rendered(odoo_kubernetes_web_replicas_max=3).objects
    }
    noted = [patch(kind, name, metadata={"annotations": {"note": "x"}}) for kind, name in sorted(names)]
    after = rendered(*noted, odoo_kubernetes_web_replicas_max=3)
    assert all(item["metadata"]["annotations"]["note"] == "x" for item in after.objects)


def test_a_patched_config_map_has_another_name_which_its_pods_mount() -> None:
    before, after = rendered(), rendered(patch("ConfigMap", "web", data={"extra.conf": "x"}))
    name = find(after, "ConfigMap", "web-")["metadata"]["name"]
    assert name != find(before, "ConfigMap", "web-")["metadata"]["name"]
    volumes = find(after, "Deployment", "web")["spec"]["template"]["spec"]["volumes"]
    assert volumes[0]["configMap"]["name"] == name


def test_the_quota_follows_from_patched_resources() -> None:
    def memory(desired: Desired) -> t.Any:
        return quantities.parsed(find(desired, "ResourceQuota", "tenant")["spec"]["hard"]["limits.memory"])

    (container,) = find(rendered(), "Deployment", "cron")["spec"]["template"]["spec"]["containers"]
    larger = {**container, "resources": {**container["resources"], "limits": {"cpu": "2", "memory": "8Gi"}}}
    after = rendered(patch("Deployment", "cron", spec={"template": {"spec": {"containers": [larger]}}}))
    assert memory(after) - memory(rendered()) == 2 * (8 * 1024 - 768) * 1024**2
    assert find(after, "LimitRange", "containers")["spec"]["limits"][0]["max"]["memory"] == "8Gi"


def test_a_container_without_limits_is_refused() -> None:
    containers = [{"name": "side", "image": factories.DIGEST}]
    (problem,) = refused(patch("Deployment", "web", spec={"template": {"spec": {"containers": containers}}}))
    assert problem == "acme_production: odoo_kubernetes_patches: container 'side' has no resources.requests.cpu"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            patch("Deployment", "webb", spec={}),
            "Deployment webb: no such object is rendered; of kind Deployment there are cron, queue, web, websocket",
        ),
        (patch("Deploymnt", "web", spec={}), "Deploymnt web: no such object is rendered; did you mean Deployment?"),
        (
            patch("Zzz", "web", spec={}),
            "Zzz web: no such object is rendered; kinds are ConfigMap, Deployment, IngressRoute",
        ),
        (patch("HorizontalPodAutoscaler", "web", spec={}), "HorizontalPodAutoscaler web: no such object is rendered"),
    ],
)
def test_a_patch_that_finds_nothing_is_named(given: dict[str, t.Any], expected: str) -> None:
    (problem,) = refused({**given, "patch": {"spec": {"x": 1}}})
    assert problem.startswith(f"acme_production: odoo_kubernetes_patches[0]: {expected}")


@pytest.mark.parametrize(
    ("kind", "content", "path"),
    [
        ("Service", {"kind": "Ingress"}, "kind"),
        ("Service", {"apiVersion": "v2"}, "apiVersion"),
        ("Service", {"metadata": {"name": "other"}}, "metadata.name"),
        ("Service", {"metadata": {"namespace": "other"}}, "metadata.namespace"),
        (
            "Service",
            {"metadata": {"labels": {"sysgenpro.odoo/tenant": "other"}}},
            "metadata.labels.sysgenpro.odoo/tenant",
        ),
        ("Service", {"metadata": {"labels": {"sysgenpro.odoo/region": None}}}, "metadata.labels.sysgenpro.odoo/region"),
        ("Service", {"metadata": {"labels": None}}, "metadata.labels.sysgenpro.odoo/region"),
        ("Deployment", {"spec": {"selector": {"matchLabels": {"a": "b"}}}}, "spec.selector"),
        ("Deployment", {"spec": {"replicas": 9}}, "spec.replicas"),
        ("Deployment", {"spec": {"strategy": {"type": "Recreate"}}}, "spec.strategy.type"),
        (
            "Deployment",
            {"spec": {"template": {"metadata": {"labels": {"sysgenpro.odoo/workload": "x"}}}}},
            "spec.template.metadata.labels.sysgenpro.odoo/workload",
        ),
        ("HorizontalPodAutoscaler", {"spec": {"maxReplicas": 99}}, "spec.maxReplicas"),
    ],
)
def test_what_objects_are_found_and_bounded_by_is_out_of_reach(kind: str, content: dict[str, t.Any], path: str) -> None:
    found = refused(patch(kind, "web", **content), odoo_kubernetes_web_replicas_max=4)
    assert found[0].startswith(f"acme_production: odoo_kubernetes_patches[0]: {kind} web: {path} must stay ")


def test_all_problems_of_patches_are_reported_at_once_and_without_secrets() -> None:
    tenant = factories.on_kubernetes(
        odoo_kubernetes_patches=[patch("Service", "web", kind="x"), patch("Nothing", "web", spec={"a": 1})]
    )
    assert len(kubernetes.problems(tenant)) == 2
    assert kubernetes.problems(factories.on_kubernetes()) == []


@given(JSON, JSON)
def test_merging_is_that_of_rfc_7386(target: t.Any, change: t.Any) -> None:
    assert patches.merged(target, change) == rfc_7386(target, change)


def rfc_7386(target: t.Any, change: t.Any) -> t.Any:
    """The algorithm of the RFC's chapter 2, as it stands there."""
    if not isinstance(change, dict):
        return change
    result = dict(target) if isinstance(target, dict) else {}
    for name in change:
        if change[name] is None:
            if name in result:
                del result[name]
        else:
            result[name] = rfc_7386(result.get(name), change[name])
    return result


@pytest.mark.parametrize(
    ("target", "change", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_examples_of_rfc_7386(target: t.Any, change: t.Any, result: t.Any) -> None:
    assert patches.merged(target, change) == result
