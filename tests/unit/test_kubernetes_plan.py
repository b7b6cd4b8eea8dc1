from __future__ import annotations

import copy
import dataclasses
import typing as t

import pytest
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters.kubernetes_paths import (
    collection_path,
    object_path,
    selector,
)
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.kubernetes_kinds import (
    FIELD_MANAGER,
    KINDS,
    OWNED,
    REPLICAS_MANAGER,
    Ref,
    ref,
)
from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan import drift, rollout
from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan.kubernetes import (
    Observed,
    plan_absent,
    plan_kubernetes,
    plan_stopped,
    previous,
    references,
)
from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan.managed_fields import (
    as_applied,
    differences,
    extract,
    holders,
    paths,
)
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render.kubernetes.render import render
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support import kubernetes_errors as errors
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import OdooError

from . import factories
from .kubernetes_observed import TIME, converged, stored, told

if t.TYPE_CHECKING:
    from ansible_collections.sysgenpro.odoo.plugins.module_utils._render.kubernetes.types import Desired

Object = dict[str, t.Any]


def desired(**changes: t.Any) -> Desired:
    values = {
        "odoo_runtime": "kubernetes",
        "odoo_image": f"registry.test/odoo@sha256:{'a' * 64}",
        "odoo_approved_registries": ["registry.test/"],
        **changes,
    }
    return render(factories.tenant(**values), factories.SECRETS, "CA")


def with_merged(observed: Observed, target: Ref, merged: Object, **changes: t.Any) -> Observed:
    return dataclasses.replace(observed, merged={**observed.merged, target: merged}, **changes)


WEB = Ref("apps/v1", "Deployment", "local-acme-production", "web")


# Ownership


def test_everything_that_was_applied_is_as_applied() -> None:
    for manifest in desired(odoo_kubernetes_web_replicas_max=6).in_apply_order:
        assert as_applied(manifest, stored(manifest), FIELD_MANAGER), ref(manifest)


def test_every_change_of_a_value_shows() -> None:
    """Each leaf of each object, changed alone, is noticed: what is not asked of the server is certain."""
    count = 0
    for manifest in desired().in_apply_order:
        live = stored(manifest)
        for path in leaves({key: manifest[key] for key in manifest if key not in ("apiVersion", "kind")}):
            if path[:2] in (("metadata", "name"), ("metadata", "namespace")):
                continue
            changed = copy.deepcopy(live)
            parent = changed
            for part in path[:-1]:
                parent = parent[part]
            parent[path[-1]] = "changed by hand"
            assert not as_applied(manifest, changed, FIELD_MANAGER), (ref(manifest), path)
            count += 1
    assert count > 500


def leaves(value: t.Any, path: tuple[t.Any, ...] = ()) -> t.Iterator[tuple[t.Any, ...]]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from leaves(item, (*path, index))
    else:
        yield path


@pytest.mark.parametrize("manager", ["kubectl", REPLICAS_MANAGER])
def test_an_object_that_others_applied_is_not_ours(manager: str) -> None:
    manifest = desired().objects[1]
    assert not as_applied(manifest, stored(manifest, manager), FIELD_MANAGER)


def test_a_field_that_is_ours_and_not_declared_any_more_shows() -> None:
    manifest = next(item for item in desired().objects if item["kind"] == "Service")
    live = stored({**manifest, "spec": {**manifest["spec"], "sessionAffinity": "ClientIP"}})
    assert not as_applied(manifest, live, FIELD_MANAGER)


def test_what_was_applied_is_made_again_of_the_object() -> None:
    for manifest in desired(odoo_kubernetes_web_replicas_max=6).in_apply_order:
        assert extract(stored(manifest), FIELD_MANAGER) == manifest
        assert extract(stored(manifest), "kubectl") is None


def test_the_holder_of_a_field_is_found_through_lists_with_other_keys() -> None:
    live = {
        "spec": {"ports": [{"name": "http", "port": 8069, "protocol": "TCP", "targetPort": "elsewhere"}]},
        "metadata": {
            "managedFields": [
                {
                    "manager": "night-shift",
                    "operation": "Update",
                    "time": TIME,
                    "fieldsV1": {"f:spec": {"f:ports": {'k:{"port":8069,"protocol":"TCP"}': {"f:targetPort": {}}}}},
                },
                {
                    "manager": "other",
                    "operation": "Update",
                    "time": TIME,
                    "fieldsV1": {"f:metadata": {"f:labels": {"f:a.b/c": {}}}},
                },
            ]
        },
    }
    assert [found.manager for found in holders(live, ("spec", "ports", "[http]", "targetPort"))] == ["night-shift"]
    assert [found.manager for found in holders(live, ("metadata", "labels", "a.b/c"))] == ["other"]
    assert holders(live, ("spec", "type")) == []


def test_differences_are_named_as_kubectl_names_them() -> None:
    ours = {"a": {"b": [{"name": "x", "v": 1}, {"name": "y"}]}, "l": [1, 2]}
    theirs = {"a": {"b": [{"name": "y"}, {"name": "x", "v": 2}]}, "l": [2, 1], "m": None}
    assert [(found.text, found.declared, found.running) for found in differences(ours, theirs)] == [
        ("a.b[x].v", 1, 2),
        ("l", [1, 2], [2, 1]),
    ]


def test_paths_name_items_by_name_or_keys() -> None:
    fields = {"f:spec": {"f:c": {'k:{"name":"odoo"}': {".": {}, "f:image": {}}}, "f:s": {'v:"one"': {}}}}
    assert paths(fields) == [("spec", "c", "[odoo]", "image"), ("spec", "s", "[one]")]


# The plan


def test_a_converged_tenant_has_nothing_to_do() -> None:
    for changes in ({}, {"odoo_packing": "compact"}, {"odoo_kubernetes_web_replicas_max": 6}):
        wanted = desired(**changes)
        assert plan_kubernetes(wanted, converged(wanted)) == ()


def test_a_new_tenant_is_made_in_order_and_waited_for_at_the_end() -> None:
    wanted = desired()
    steps = plan_kubernetes(wanted, Observed())
    assert told(steps)[:3] == [
        ("create", "Namespace/local-acme-production"),
        ("create", "Secret/odoo"),
        ("create", "Secret/tls"),
    ]
    made = [step.target for step in steps if step.action == "create"]
    assert made == [ref(manifest) for manifest in wanted.in_apply_order]
    waits = [("await_ready", f"Deployment/{name}") for name in ("web", "websocket", "cron", "queue")]
    assert told(steps)[-4:] == waits
    alone = told(steps).index(("await_ready", "Deployment/web"))
    assert [(step.action, step.cause) for step in steps[alone - 1 : alone + 2]] == [
        ("create", "it does not exist"),
        ("await_ready", "its first pod starts alone"),
        ("apply", "its first pod serves"),
    ]
    assert steps[alone - 1].manifest["spec"]["replicas"] == 1
    assert (steps[alone].wait or pytest.fail("no wait")).minimum == 1
    assert steps[alone + 1].manifest in wanted.objects
    assert told(steps[alone + 2 :])[0][1] != "Deployment/web"
    assert all(step.cause == "it does not exist" for step in steps if step.action == "create")


def test_a_single_process_is_awaited_once() -> None:
    steps = plan_kubernetes(desired(odoo_packing="compact"), Observed())
    assert [step.action for step in steps if step.target == WEB] == ["create", "await_ready"]


def test_changed_deployments_are_awaited_one_by_one() -> None:
    wanted = desired()
    observed = converged(wanted)
    for name in ("web", "cron"):
        target = WEB._replace(name=name)
        merged = copy.deepcopy(observed.objects[target])
        merged["spec"]["template"]["spec"]["containers"][0]["image"] = "other"
        observed = with_merged(observed, target, t.cast("Object", merged))
    steps = plan_kubernetes(wanted, observed)
    assert told(steps) == [
        ("apply", "Deployment/web"),
        ("await_ready", "Deployment/web"),
        ("apply", "Deployment/cron"),
        ("await_ready", "Deployment/cron"),
    ]
    assert steps[0].cause == "spec.template.spec.containers[odoo].image differ"


def test_a_rollout_that_a_dead_run_left_is_waited_for() -> None:
    wanted = desired()
    observed = converged(wanted)
    t.cast("Object", observed.objects[WEB])["status"]["availableReplicas"] = 1
    steps = plan_kubernetes(wanted, observed)
    assert [(step.action, step.cause) for step in steps] == [("await_ready", "it is not ready")]


def test_an_object_that_is_not_fully_ours_is_taken_in() -> None:
    wanted = desired()
    observed = converged(wanted)
    target = ref(wanted.objects[-1])
    live = stored(wanted.objects[-1], "kubectl")
    objects = {**observed.objects, target: live}
    steps = plan_kubernetes(
        wanted, dataclasses.replace(observed, objects=objects, merged={target: observed.objects[target]})
    )
    assert steps[0].cause == "its fields are not all this collection's"


def test_others_fields_are_named_and_refused_and_forced_only_when_asked() -> None:
    wanted = desired()
    target = WEB._replace(api_version="v1", kind="Service")
    observed = converged(wanted)
    merged = copy.deepcopy(t.cast("Object", observed.objects[target]))
    merged["spec"]["type"] = "NodePort"
    conflicts = {target: (errors.FieldConflict("kubectl-edit", ".spec.type"),)}
    observed = with_merged(observed, target, merged, conflicts=conflicts)
    with pytest.raises(OdooError, match=r"^\.spec\.type of Service/web is owned by kubectl-edit\. Let that manager"):
        plan_kubernetes(wanted, observed)
    assert [(step.action, step.force) for step in plan_kubernetes(wanted, observed, force=True)] == [("apply", True)]


def test_pruning_takes_only_what_bears_the_tenants_labels_in_its_namespace() -> None:
    wanted = desired()
    observed = converged(wanted)
    labels = dict(wanted.labels)

    def extra(name: str, labels: t.Mapping[str, str], namespace: str = wanted.namespace, **metadata: t.Any) -> Object:
        manifest = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": name, "namespace": namespace, "labels": dict(labels)},
            "data": {},
        }
        return stored(manifest, **metadata)

    others = [
        extra("ours", labels),
        extra("still-named", labels),
        extra("other-tenant", {**labels, "sysgenpro.odoo/tenant": "globex"}),
        extra("other-region", {**labels, "sysgenpro.odoo/region": "us"}),
        extra("no-labels", {}),
        extra("half", {"sysgenpro.odoo/tenant": "acme_production"}),
        extra("elsewhere", labels, "default"),
        extra("owned", labels, ownerReferences=[{"kind": "Job", "name": "j", "uid": "1"}]),
        extra("going", labels, deletionTimestamp=TIME),
    ]
    objects = {**observed.objects, **{ref(item): item for item in others}}
    steps = plan_kubernetes(
        wanted,
        dataclasses.replace(observed, objects=objects, referenced=frozenset({("ConfigMap", "still-named")})),
    )
    assert told(steps) == [("delete", "ConfigMap/ours")]
    assert plan_kubernetes(wanted, dataclasses.replace(observed, objects=objects), prune=False) == ()


def test_what_goes_goes_after_what_serves_and_routes_first() -> None:
    before, wanted = desired(), desired(odoo_packing="compact")
    old, new = converged(before), converged(wanted)
    objects = {**old.objects, WEB: old.objects[WEB]}
    merged = {target: item for target, item in new.objects.items() if item != objects.get(target) and target in objects}
    objects = {**objects, **{target: item for target, item in new.objects.items() if target.kind == "ConfigMap"}}
    steps = plan_kubernetes(wanted, dataclasses.replace(old, objects=objects, merged=merged))
    actions = [step.action for step in steps]
    assert actions.index("delete") > actions.index("await_ready")
    gone = [str(step.target) for step in steps if step.action == "delete"]
    assert [name for name in gone if name.startswith("Deployment")] == [
        "Deployment/cron",
        "Deployment/queue",
        "Deployment/websocket",
    ]
    assert gone.index("Deployment/websocket") < gone.index("Service/websocket") < gone.index("NetworkPolicy/websocket")


def test_a_namespace_or_an_object_of_somebody_else_is_refused() -> None:
    wanted = desired()
    observed = converged(wanted)
    namespace = stored({**wanted.objects[0], "metadata": {"name": wanted.namespace}}, "kubectl")
    objects = {**observed.objects, ref(wanted.objects[0]): namespace}
    with pytest.raises(OdooError, match=r"Namespace/local-acme-production .* are not the tenant's"):
        plan_kubernetes(wanted, dataclasses.replace(observed, objects=objects, namespace=namespace))


def test_our_object_whose_label_was_taken_off_is_still_ours_but_not_another_tenants() -> None:
    wanted = desired()
    observed = converged(wanted)
    service = WEB._replace(api_version="v1", kind="Service")
    live = copy.deepcopy(t.cast("Object", observed.objects[service]))
    del live["metadata"]["labels"]["sysgenpro.odoo/tenant"]
    changed = dataclasses.replace(
        observed, objects={**observed.objects, service: live}, merged={service: observed.objects[service]}
    )
    assert told(plan_kubernetes(wanted, changed)) == [("apply", "Service/web")]
    live["metadata"]["labels"]["sysgenpro.odoo/tenant"] = "globex"
    with pytest.raises(OdooError, match="Service/web"):
        plan_kubernetes(wanted, changed)


# Autoscaling


def test_an_autoscaled_deployment_starts_from_its_minimum_and_gives_the_field_up() -> None:
    wanted = desired(odoo_web_replicas=3, odoo_kubernetes_web_replicas_max=6)
    steps = [step for step in plan_kubernetes(wanted, Observed()) if step.target == WEB]
    assert [(step.action, step.manager) for step in steps] == [
        ("create", FIELD_MANAGER),
        ("await_ready", FIELD_MANAGER),
        ("apply", FIELD_MANAGER),
        ("hand_over", REPLICAS_MANAGER),
        ("apply", FIELD_MANAGER),
        ("await_ready", FIELD_MANAGER),
    ]
    assert [step.manifest["spec"].get("replicas") for step in steps if step.manifest] == [1, 3, 3, None]


@pytest.mark.parametrize(("running", "kept"), [(5, 5), (3, 3), (1, 2), (0, 2)])
def test_handing_over_never_drops_replicas(running: int, kept: int) -> None:
    before, wanted = desired(odoo_web_replicas=2), desired(odoo_web_replicas=2, odoo_kubernetes_web_replicas_max=6)
    observed = converged(before)
    live = t.cast("Object", observed.objects[WEB])
    live["spec"]["replicas"] = running
    merged = copy.deepcopy(live)
    merged["metadata"]["managedFields"][0]["fieldsV1"]["f:spec"].pop("f:replicas")
    steps = [step for step in plan_kubernetes(wanted, with_merged(observed, WEB, merged)) if step.target == WEB]
    assert [step.action for step in steps][:2] == ["hand_over", "apply"]
    assert steps[0].manifest["spec"]["replicas"] == kept


def test_taking_replicas_back_removes_the_autoscaler_first_and_is_no_conflict() -> None:
    before, wanted = desired(odoo_kubernetes_web_replicas_max=6), desired()
    observed = converged(before)
    merged = copy.deepcopy(t.cast("Object", observed.objects[WEB]))
    merged["spec"]["replicas"] = 2
    merged["metadata"]["managedFields"] = stored(next(m for m in wanted.objects if ref(m) == WEB))["metadata"][
        "managedFields"
    ]
    for manager in ("kube-controller-manager (subresource scale)", REPLICAS_MANAGER):
        conflicts = {WEB: (errors.FieldConflict(manager, ".spec.replicas"),)}
        steps = plan_kubernetes(wanted, with_merged(observed, WEB, merged, conflicts=conflicts))
        assert told(steps)[0] == ("delete", "HorizontalPodAutoscaler/web")
        apply = next(step for step in steps if step.target == WEB and step.action == "apply")
        assert apply.force


# Stopping and removing


def test_stopping_scales_under_the_other_manager() -> None:
    wanted = desired()
    steps = plan_stopped(converged(wanted), wanted.labels)
    assert told(steps) == [("scale", f"Deployment/{name}") for name in ("cron", "queue", "web", "websocket")]
    assert {step.manifest["spec"]["replicas"] for step in steps} == {0}
    assert {step.manager for step in steps} == {REPLICAS_MANAGER}


def test_removal_takes_routes_then_the_namespace_and_refuses_what_is_not_the_tenants() -> None:
    wanted = desired()
    observed = converged(wanted)
    assert told(plan_absent(observed, wanted.labels, [])) == [
        ("delete", "IngressRoute/odoo"),
        ("delete", "Namespace/local-acme-production"),
    ]
    assert plan_absent(Observed(), wanted.labels, []) == ()
    with pytest.raises(OdooError, match="holds what is not the tenant's: PersistentVolumeClaim/books"):
        plan_absent(observed, wanted.labels, [Ref("v1", "PersistentVolumeClaim", wanted.namespace, "books")])
    with pytest.raises(OdooError, match="is not the tenant's"):
        plan_absent(observed, {**wanted.labels, "sysgenpro.odoo/tenant": "globex"}, [])


def test_what_a_rollout_goes_back_to_is_what_was_applied_before() -> None:
    wanted = desired()
    observed = converged(wanted)
    merged = copy.deepcopy(t.cast("Object", observed.objects[WEB]))
    merged["spec"]["template"]["spec"]["containers"][0]["image"] = "other"
    step = plan_kubernetes(wanted, with_merged(observed, WEB, merged))[0]
    assert previous(step) == next(item for item in wanted.objects if ref(item) == WEB)
    created = next(step for step in plan_kubernetes(wanted, Observed()) if step.target == WEB)
    assert previous(created) is None


def test_every_way_a_pod_names_a_map_or_a_secret_is_seen() -> None:
    pod = {
        "spec": {
            "volumes": [
                {"name": "a", "configMap": {"name": "volume"}},
                {"name": "b", "secret": {"secretName": "volume"}},
                {
                    "name": "c",
                    "projected": {"sources": [{"configMap": {"name": "projected"}}, {"secret": {"name": "projected"}}]},
                },
            ],
            "imagePullSecrets": [{"name": "pull"}],
            "containers": [
                {
                    "envFrom": [{"configMapRef": {"name": "from"}}, {"secretRef": {"name": "from"}}],
                    "env": [{"name": "x", "valueFrom": {"configMapKeyRef": {"name": "key"}}}],
                }
            ],
            "initContainers": [{"env": [{"name": "x", "valueFrom": {"secretKeyRef": {"name": "key"}}}]}],
        }
    }
    found = references([{"spec": {"template": pod}}])
    assert found == references([pod])
    maps, secrets = {"volume", "projected", "from", "key"}, {"volume", "projected", "pull", "from", "key"}
    assert found == {("ConfigMap", name) for name in maps} | {("Secret", name) for name in secrets}


# Rollouts


def deployment(**status: t.Any) -> Object:
    return {"metadata": {"generation": 2}, "spec": {"replicas": 2}, "status": {"observedGeneration": 2, **status}}


@pytest.mark.parametrize(
    ("status", "minimum", "arrived"),
    [
        ({"updatedReplicas": 2, "replicas": 2, "availableReplicas": 2}, 1, True),
        ({"updatedReplicas": 2, "replicas": 3, "availableReplicas": 3}, 1, False),
        ({"updatedReplicas": 1, "replicas": 2, "availableReplicas": 2}, 1, False),
        ({"updatedReplicas": 2, "replicas": 2, "availableReplicas": 1}, 1, False),
        ({"updatedReplicas": 2, "replicas": 2, "availableReplicas": 2}, 3, False),
        ({"updatedReplicas": 2, "replicas": 2, "availableReplicas": 2, "observedGeneration": 1}, 1, False),
        ({}, 1, False),
    ],
)
def test_a_deployment_has_arrived_when_only_new_pods_are_left_and_available(
    status: Object, minimum: int, arrived: bool
) -> None:
    assert rollout.ready(deployment(**status), minimum)[0] is arrived


def pod(waiting: Object | None = None, **container: t.Any) -> Object:
    state = {"state": {"waiting": waiting}} if waiting else {}
    return {"metadata": {"name": "web-1"}, "status": {"containerStatuses": [{"name": "odoo", **state, **container}]}}


@pytest.mark.parametrize(
    ("seen", "said", "final"),
    [
        (pod({"reason": "ImagePullBackOff", "message": "manifest unknown: not found"}), "ImagePullBackOff", True),
        (pod({"reason": "ImagePullBackOff", "message": "i/o timeout"}), "ImagePullBackOff", False),
        (pod({"reason": "InvalidImageName", "message": "x"}), "InvalidImageName", True),
        (pod({"reason": "ContainerCreating"}), "", False),
        (pod(restartCount=3, lastState={"terminated": {"exitCode": 137, "reason": "OOMKilled"}}), "OOMKilled", True),
        (pod(restartCount=1, lastState={"terminated": {"exitCode": 1, "reason": "Error"}}), "", False),
        (
            {
                "metadata": {"name": "web-1"},
                "status": {
                    "conditions": [{"type": "PodScheduled", "status": "False", "message": "0/1 nodes are available"}]
                },
            },
            "has no node: 0/1 nodes",
            False,
        ),
    ],
)
def test_what_keeps_a_pod_from_running_is_said_and_judged(seen: Object, said: str, final: bool) -> None:
    found = rollout.failure(deployment(), [seen])
    assert said in found[0]
    assert bool(found[0]) == bool(said)
    assert found[1] is final


def test_the_template_of_a_replica_set_is_the_deployments_own() -> None:
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": []}}
    labelled = {
        "metadata": {"creationTimestamp": None, "labels": {"a": "b", "pod-template-hash": "x"}},
        "spec": {"containers": []},
    }
    assert rollout.template_of({"spec": {"template": labelled}}) == template


def test_what_the_controller_has_not_seen_is_not_judged() -> None:
    """The pods of a template that was just put back are still those of the one that failed."""
    failed = pod({"reason": "InvalidImageName", "message": "x"})
    assert rollout.failure(deployment(observedGeneration=1), [failed]) == ("", False)


# Errors


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (
            409,
            {
                "message": "Apply failed with 1 conflict",
                "details": {
                    "causes": [
                        {
                            "reason": "FieldManagerConflict",
                            "message": 'conflict with "kubectl-edit" using apps/v1',
                            "field": ".spec.replicas",
                        }
                    ]
                },
            },
            errors.Conflict,
        ),
        (409, {"message": "the object has been modified", "reason": "Conflict"}, errors.Stale),
        (500, {"message": ".spec.x: field not declared in schema"}, errors.UnknownField),
        (400, {"message": 'strict decoding error: unknown field "spec.x"'}, errors.UnknownField),
        (
            403,
            {"message": "pods is forbidden: exceeded quota: tenant, requested: pods=1, used: pods=2, limited: pods=2"},
            errors.QuotaExceeded,
        ),
        (403, {"message": 'User "x" cannot list resource "secrets"'}, errors.Forbidden),
        (
            403,
            {"message": "ValidatingAdmissionPolicy 'images' with binding 'images' denied request: no digest"},
            errors.Refused,
        ),
        (
            403,
            {"message": 'pods "a" is forbidden: violates PodSecurity "restricted:latest": privileged'},
            errors.Refused,
        ),
        (
            403,
            {"message": "being terminated", "details": {"causes": [{"reason": "NamespaceTerminating"}]}},
            errors.Terminating,
        ),
        (
            404,
            {"message": 'namespaces "x" not found', "details": {"name": "x", "kind": "namespaces"}},
            errors.MissingNamespace,
        ),
        (404, {"message": "the server could not find the requested resource", "details": {}}, errors.MissingKind),
        (404, {}, errors.MissingKind),
        (422, {"message": "Deployment is invalid: spec.selector: field is immutable"}, errors.Invalid),
        (401, {"message": "Unauthorized"}, errors.Forbidden),
        (503, {}, errors.Unavailable),
    ],
)
def test_each_answer_is_an_error_of_its_own_kind_with_what_to_do(
    status: int, body: Object, kind: type[errors.ApiError]
) -> None:
    error = errors.from_status(status, body, "Deployment/web")
    assert type(error) is kind
    assert error.message.startswith("Deployment/web: ")
    assert error.hint
    if isinstance(error, errors.Conflict):
        assert error.conflicts == (errors.FieldConflict("kubectl-edit", ".spec.replicas"),)


# Names


def test_paths_of_the_api() -> None:
    deployment_kind = KINDS["apps/v1", "Deployment"]
    assert object_path(deployment_kind, "shop", "web") == "/apis/apps/v1/namespaces/shop/deployments/web"
    assert collection_path(KINDS["v1", "Secret"]) == "/api/v1/secrets"
    assert object_path(KINDS["v1", "Namespace"], "ignored", "shop") == "/api/v1/namespaces/shop"
    assert selector({"b": "2", "a": ""}) == "a,b=2"


def test_every_kind_that_is_rendered_is_one_that_is_pruned() -> None:
    owned = {(kind.api_version, kind.kind) for kind in OWNED}
    for changes in ({}, {"odoo_packing": "compact"}, {"odoo_kubernetes_web_replicas_max": 6}):
        assert {(item["apiVersion"], item["kind"]) for item in desired(**changes).in_apply_order} <= owned


# Drift


def test_an_empty_plan_is_no_drift_and_a_removed_field_has_no_owner() -> None:
    wanted = desired()
    observed = converged(wanted)
    assert drift.running(wanted, observed) == []
    service = WEB._replace(api_version="v1", kind="Service")
    live = copy.deepcopy(t.cast("Object", observed.objects[service]))
    del live["spec"]["type"]
    changed = dataclasses.replace(
        observed, objects={**observed.objects, service: live}, merged={service: observed.objects[service]}
    )
    found = drift.running(wanted, changed)
    assert [(one.subject, one.field, one.by) for one in found] == [("Service/web", "spec.type", drift.NOBODY)]


def test_a_missing_namespace_is_one_finding() -> None:
    found = drift.running(desired(), Observed())
    assert [str(one) for one in found] == ["acme_production: Namespace/local-acme-production is missing"]
