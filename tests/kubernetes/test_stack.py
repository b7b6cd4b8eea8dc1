"""odoo_stack on a real cluster, the one of KUBECONFIG: what it changes, what it leaves alone, and what it says when it cannot.

Observed with kubectl where the module itself does not say.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import multiprocessing
import os
import re
import signal
import subprocess
import threading
import time
import typing as t
import uuid

import pytest
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters import kubeconfig
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters.kubernetes_api import KubernetesApi
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge.kubernetes import KubernetesStack
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge.kubernetes_lease import NAME as LEASE_NAME
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge.kubernetes_lease import Lease
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.kubernetes_kinds import Ref
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support import kubernetes_errors as errors
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import OdooError
from kubernetes_cluster import cluster_image, kubectl, missing_image, resource_versions
from kubernetes_shop import REGION, Shop

if t.TYPE_CHECKING:
    from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.tenant import Tenant


@dataclasses.dataclass
class TenantStub:
    """What the stack asks a tenant beside what was rendered."""

    kubernetes_namespace: str
    kubernetes_delivery: str = "tenants"
    tenant: str = "shop"
    region: str = REGION
    environment: str = "dev"
    image: str = ""
    drain_timeout: int = 5


def api() -> KubernetesApi:
    return KubernetesApi(kubeconfig.load())


def stack(shop: Shop, client: KubernetesApi | None = None, **options: t.Any) -> KubernetesStack:
    tenant = t.cast("Tenant", TenantStub(shop.namespace))
    return KubernetesStack(client or api(), tenant, f"process {os.getpid()} since now", **options)


def converge(shop: Shop, *, check: bool = False, **options: t.Any) -> dict[str, t.Any]:
    return stack(shop, **options).converge(shop.desired, check=check)


@pytest.fixture(scope="session")
def image() -> str:
    return cluster_image()


@pytest.fixture
def shop(image: str) -> t.Iterator[Shop]:
    """A tenant in a namespace of its own, which goes when the test ends."""
    namespace = f"stack-{uuid.uuid4().hex[:8]}"
    yield Shop(namespace, image)
    kubectl("delete", "namespace", namespace, "--ignore-not-found", "--wait=false")


@pytest.fixture
def paused(shop: Shop) -> Shop:
    """A tenant whose pods nobody waits for."""
    return dataclasses.replace(shop, waits=False)


# Converging


def test_a_new_tenant_comes_up_and_a_second_run_has_nothing_to_do(shop: Shop) -> None:
    first = converge(shop)
    assert first["changed"]
    assert [step["action"] for step in first["steps"]].count("create") == len(shop.desired.in_apply_order)
    assert first["stack"]["deployments"][0]["available"] == 1
    before = resource_versions(shop.namespace)
    second = converge(shop)
    assert (second["changed"], second["steps"]) == (False, [])
    assert resource_versions(shop.namespace) == before
    assert "not-to-be-seen" not in json.dumps([first, second])


def test_a_changed_configuration_rolls_and_the_old_one_is_kept_as_long_as_its_replica_set(shop: Shop) -> None:
    converge(shop)
    changed = dataclasses.replace(shop, config="two", history=1)
    result = converge(changed)
    assert [(step["action"], step["subject"].split("/")[0]) for step in result["steps"]] == [
        ("create", "ConfigMap"),
        ("apply", "Deployment"),
        ("await_ready", "Deployment"),
    ]
    maps = kubectl("get", "configmap", "-n", shop.namespace, "-o", "name")
    assert shop.config_map["metadata"]["name"] in maps
    assert converge(changed)["steps"] == []
    # The third generation pushes the first one's ReplicaSet out, and with it what only that named.
    third = dataclasses.replace(changed, config="three")
    result = converge(third)
    assert ("delete", f"ConfigMap/{shop.config_map['metadata']['name']}") in [
        (step["action"], step["subject"]) for step in result["steps"]
    ]
    assert converge(third)["steps"] == []


def test_check_mode_changes_nothing_and_shows_the_servers_own_difference(shop: Shop) -> None:
    missing = converge(shop, check=True)
    assert missing["changed"]
    assert kubectl("get", "namespace", shop.namespace, "--ignore-not-found") == ""
    converge(shop)
    before = resource_versions(shop.namespace)
    changed = dataclasses.replace(shop, secret="another-one", replicas=2, timeout=70)
    result = converge(changed, check=True)
    assert resource_versions(shop.namespace) == before
    assert {step["subject"] for step in result["steps"]} == {"Secret/odoo", "Deployment/web"}
    assert result["diff"]["after"]["Deployment/web"]["spec"]["replicas"] == 2
    # Defaults that only the server knows are in it.
    assert result["diff"]["after"]["Deployment/web"]["spec"]["template"]["spec"]["restartPolicy"] == "Always"
    assert result["diff"]["after"]["Secret/odoo"]["data"] == {"password": "(hidden, another value)"}
    text = json.dumps(result)
    assert "another-one" not in text
    assert "YW5vdGhlci1vbmU" not in text


def test_what_was_deleted_by_hand_comes_back(shop: Shop) -> None:
    converge(shop)
    kubectl("delete", "service", "web", "-n", shop.namespace)
    kubectl("delete", "deployment", "web", "-n", shop.namespace)
    result = converge(shop)
    assert [(step["action"], step["subject"]) for step in result["steps"]] == [
        ("create", "Service/web"),
        ("create", "Deployment/web"),
        ("await_ready", "Deployment/web"),
    ]


def test_pruning_takes_what_is_the_tenants_and_nothing_else(paused: Shop) -> None:
    converge(paused)
    namespace = paused.namespace
    kubectl("create", "configmap", "somebodys", "-n", namespace, "--from-literal=a=1")
    kubectl("create", "configmap", "other-tenants", "-n", namespace, "--from-literal=a=1")
    kubectl(
        "label",
        "configmap",
        "other-tenants",
        "-n",
        namespace,
        f"sysgenpro.odoo/region={REGION}",
        "sysgenpro.odoo/tenant=x",
    )
    result = converge(dataclasses.replace(paused, without=("notes",)))
    assert [(step["action"], step["subject"]) for step in result["steps"]] == [("delete", "ConfigMap/notes")]
    left = kubectl("get", "configmap", "-n", namespace, "-o", "name").split()
    assert "configmap/notes" not in left
    assert {"configmap/somebodys", "configmap/other-tenants"} <= set(left)


# Others


def test_a_conflict_is_named_by_manager_and_field_and_changes_nothing(paused: Shop) -> None:
    converge(paused)
    take = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "notes", "namespace": paused.namespace},
        "data": {"a": "2"},
    }
    kubectl(
        "apply", "--server-side", "--field-manager=helpdesk", "--force-conflicts", "-f", "-", stdin=json.dumps(take)
    )
    before = resource_versions(paused.namespace)
    changed = dataclasses.replace(paused, config="two")
    with pytest.raises(OdooError, match=r"\.data\.a of ConfigMap/notes is owned by helpdesk") as raised:
        converge(changed)
    assert "force" in raised.value.hint
    assert resource_versions(paused.namespace) == before
    assert converge(changed, force=True)["changed"]
    assert kubectl("get", "configmap", "notes", "-n", paused.namespace, "-o", "jsonpath={.data.a}") == "1"
    assert converge(changed)["steps"] == []


def test_a_namespace_that_is_not_the_tenants_is_refused(paused: Shop) -> None:
    kubectl("create", "namespace", paused.namespace)
    with pytest.raises(OdooError, match=rf"Namespace/{paused.namespace} .* not the tenant's"):
        converge(paused)
    assert kubectl("get", "configmap", "notes", "-n", paused.namespace, "--ignore-not-found") == ""


def test_an_object_of_a_declared_name_that_is_not_the_tenants_is_refused(paused: Shop) -> None:
    converge(dataclasses.replace(paused, without=("notes",)))
    kubectl("create", "configmap", "notes", "-n", paused.namespace, "--from-literal=mine=1")
    with pytest.raises(OdooError, match=r"ConfigMap/notes .* not the tenant's"):
        converge(paused)
    assert kubectl("get", "configmap", "notes", "-n", paused.namespace, "-o", "jsonpath={.data}") == '{"mine":"1"}'


def test_decommissioning_refuses_while_something_of_others_would_go_too(paused: Shop) -> None:
    converge(paused)
    kubectl("create", "configmap", "somebodys", "-n", paused.namespace, "--from-literal=a=1")
    with pytest.raises(OdooError, match="holds what is not the tenant's: ConfigMap/somebodys"):
        remove(paused)
    kubectl("delete", "configmap", "somebodys", "-n", paused.namespace)
    assert remove(paused)["changed"]
    assert kubectl("get", "namespace", paused.namespace, "--ignore-not-found") == ""
    assert not remove(paused)["changed"]


def remove(shop: Shop) -> dict[str, t.Any]:
    return stack(shop).absent(check=False)


def test_a_stopped_tenant_has_no_pods_and_starts_again(shop: Shop) -> None:
    converge(shop)
    assert stack(shop).stopped(check=False)["changed"]
    running = ("get", "pods", "-n", shop.namespace, "-o", "name", "--field-selector=status.phase=Running")
    assert kubectl(*running) == ""
    assert not stack(shop).stopped(check=False)["changed"]
    assert [step["action"] for step in converge(shop)["steps"]] == ["apply", "await_ready"]
    assert converge(shop)["steps"] == []


def test_only_what_was_seen_is_deleted(paused: Shop) -> None:
    converge(paused)
    client = api()
    target = Ref("v1", "ConfigMap", paused.namespace, "notes")
    seen = client.get(target)
    assert seen is not None
    kubectl("annotate", "configmap", "notes", "-n", paused.namespace, "a=b")
    with pytest.raises(errors.Stale):
        client.delete(seen)
    kubectl("delete", "configmap", "notes", "-n", paused.namespace)
    kubectl("create", "configmap", "notes", "-n", paused.namespace, "--from-literal=a=1")
    with pytest.raises(errors.Stale):
        client.delete(seen, exact=False)
    assert kubectl("get", "configmap", "notes", "-n", paused.namespace, "-o", "name") == "configmap/notes"


# Bad input


def test_a_kind_that_the_cluster_does_not_know_is_named_before_anything_changes(paused: Shop) -> None:
    converge(paused)
    before = resource_versions(paused.namespace)
    route = paused.object("missing.example.com/v1", "IngressRoute", "odoo", spec={})
    with pytest.raises(errors.MissingKind, match=r"IngressRoute/odoo.*missing\.example\.com/v1") as raised:
        converge(dataclasses.replace(paused, beside=(route,), config="two"))
    assert "CustomResourceDefinitions" in raised.value.hint
    assert resource_versions(paused.namespace) == before


def test_an_unknown_field_is_named_before_anything_changes(paused: Shop) -> None:
    converge(paused)
    before = resource_versions(paused.namespace)
    odd = paused.object("v1", "Service", "odd", spec={"ports": [{"port": 1}], "selektor": {}})
    with pytest.raises(errors.UnknownField, match=r"Service/odd: .*selektor"):
        converge(dataclasses.replace(paused, beside=(odd,), config="two"))
    assert resource_versions(paused.namespace) == before


def test_an_admission_policy_that_refuses_is_named_before_anything_changes(paused: Shop) -> None:
    converge(paused)
    with refusing_policy(paused):
        before = resource_versions(paused.namespace)
        with pytest.raises(errors.Refused, match=r"ConfigMap/web-.*no configuration today"):
            wait_for_policy(lambda: converge(dataclasses.replace(paused, config="two")))
        assert resource_versions(paused.namespace) == before


def wait_for_policy(call: t.Callable[[], t.Any]) -> None:
    """A policy bites some moments after it was made; until then the change is only tried."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        time.sleep(1)
        call()


@contextlib.contextmanager
def refusing_policy(shop: Shop) -> t.Iterator[None]:
    name = f"no-{shop.namespace}"
    match = {
        "resourceRules": [
            {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}
        ]
    }
    expression = {"expression": "false", "message": "no configuration today"}
    selector = {"matchLabels": {"kubernetes.io/metadata.name": shop.namespace}}
    binding = {"policyName": name, "validationActions": ["Deny"], "matchResources": {"namespaceSelector": selector}}
    version = "admissionregistration.k8s.io/v1"
    documents = [
        {
            "apiVersion": version,
            "kind": "ValidatingAdmissionPolicy",
            "metadata": {"name": name},
            "spec": {"matchConstraints": match, "validations": [expression]},
        },
        {
            "apiVersion": version,
            "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": {"name": name},
            "spec": binding,
        },
    ]
    for document in documents:
        kubectl("apply", "-f", "-", stdin=json.dumps(document))
    probe = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "probe", "namespace": shop.namespace}}
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        answer = kubectl("create", "--dry-run=server", "-f", "-", stdin=json.dumps(probe), check=False)
        if "no configuration today" in answer:
            break
        time.sleep(0.2)
    try:
        yield
    finally:
        kubectl("delete", "validatingadmissionpolicybinding,validatingadmissionpolicy", name)


# Rollouts that fail


def test_an_image_that_is_missing_is_undone_and_explained(shop: Shop) -> None:
    converge(shop)
    with pytest.raises(OdooError, match="the previous pod template was put back and serves") as raised:
        converge(dataclasses.replace(shop, image=missing_image()))
    assert "0" * 64 in str(raised.value)
    assert re.search(r"ErrImagePull|ImagePullBackOff|InvalidImageName", str(raised.value))
    now = json.loads(kubectl("get", "deployment", "web", "-n", shop.namespace, "-o", "json"))
    assert now["spec"]["template"]["spec"]["containers"][0]["image"] == shop.image
    assert now["status"]["availableReplicas"] == 1
    # What was put back is what is declared, and ours.
    assert converge(shop)["steps"] == []


def test_a_container_that_ends_is_undone_and_its_last_words_are_told(shop: Shop) -> None:
    converge(shop)
    ending = dataclasses.replace(shop, command=("sh", "-c", "echo these were my last words; exit 7"))
    with pytest.raises(OdooError, match="these were my last words") as raised:
        converge(ending)
    assert "exit status 7" in str(raised.value)
    assert "put back and serves" in str(raised.value)
    assert converge(shop)["steps"] == []


def test_a_rollout_that_a_killed_run_left_is_undone_by_the_next(shop: Shop) -> None:
    converge(shop)
    broken = dataclasses.replace(shop, image=missing_image())
    api().apply(broken.deployment)
    with pytest.raises(OdooError, match="the previous pod template was put back and serves"):
        converge(broken)
    image = "jsonpath={.spec.template.spec.containers[0].image}"
    assert kubectl("get", "deployment", "web", "-n", shop.namespace, "-o", image) == shop.image
    converge(shop)
    assert converge(shop)["steps"] == []


def test_a_deployment_that_was_there_before_is_never_removed(shop: Shop) -> None:
    """One that a GitOps controller applied, taken over with a template that fails."""
    for manifest in shop.desired.in_apply_order:
        api().apply(manifest, manager="argocd-controller")
    kubectl("rollout", "status", "deployment/web", "-n", shop.namespace, "--timeout=60s")
    uid = kubectl("get", "deployment", "web", "-n", shop.namespace, "-o", "jsonpath={.metadata.uid}")
    with pytest.raises(OdooError, match="the previous pod template was put back and serves"):
        converge(dataclasses.replace(shop, image=missing_image()), force=True)
    assert kubectl("get", "deployment", "web", "-n", shop.namespace, "-o", "jsonpath={.metadata.uid}") == uid


def test_a_first_rollout_that_fails_is_removed_again(shop: Shop) -> None:
    with pytest.raises(OdooError, match="it is new and was removed again"):
        converge(dataclasses.replace(shop, image=missing_image()))
    assert kubectl("get", "deployment", "-n", shop.namespace, "-o", "name") == ""
    assert converge(shop)["stack"]["deployments"][0]["available"] == 1


def test_an_exceeded_quota_is_named(shop: Shop) -> None:
    quota = shop.object("v1", "ResourceQuota", "tenant", spec={"hard": {"pods": "0"}})
    with pytest.raises(OdooError, match="exceeded quota: tenant"):
        converge(dataclasses.replace(shop, beside=(quota,), timeout=40))
    larger = shop.object("v1", "ResourceQuota", "tenant", spec={"hard": {"pods": "2"}})
    assert converge(dataclasses.replace(shop, beside=(larger,)))["stack"]["deployments"][0]["available"] == 1


def test_a_pod_without_a_node_is_named(shop: Shop) -> None:
    converge(shop)
    with pytest.raises(OdooError, match=r"has no node: .*Insufficient cpu") as raised:
        converge(dataclasses.replace(shop, cpu="900", timeout=40))
    assert "put back and serves" in str(raised.value)


# Autoscaling


def test_an_autoscaled_deployment_starts_with_its_minimum(shop: Shop) -> None:
    scaled = dataclasses.replace(shop, replicas=2, maximum=3)
    with lowest_replicas(scaled) as lowest:
        converge(scaled)
    assert lowest() >= 2
    assert converge(scaled)["steps"] == []


def test_handing_replicas_to_an_autoscaler_and_taking_them_back_drops_none(shop: Shop) -> None:
    fixed = dataclasses.replace(shop, replicas=3)
    scaled = dataclasses.replace(shop, replicas=2, maximum=4)
    converge(fixed)
    with lowest_replicas(fixed) as lowest:
        result = converge(scaled)
        assert "hand_over" in [step["action"] for step in result["steps"]]
        assert converge(scaled)["steps"] == []
    assert lowest() >= 3
    # The autoscaler (any client of the scale subresource) writes the field and so becomes its owner.
    kubectl("scale", "deployment", "web", "-n", shop.namespace, "--replicas=4")
    assert converge(scaled)["steps"] == [] or "replicas" not in json.dumps(converge(scaled, check=True)["steps"])
    with lowest_replicas(fixed) as lowest:
        converge(fixed, force=True)
    assert lowest() >= 3
    assert kubectl("get", "hpa", "-n", shop.namespace, "-o", "name") == ""
    assert converge(fixed)["steps"] == []


@contextlib.contextmanager
def lowest_replicas(shop: Shop) -> t.Iterator[t.Callable[[], int]]:
    """The smallest spec.replicas that anybody could see meanwhile, from the server's own watch."""
    argv = ["kubectl", "get", "deployment", "-n", shop.namespace, "--watch", "-o", "jsonpath={.spec.replicas}{'\\n'}"]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    seen: list[int] = []
    assert process.stdout is not None
    reader = threading.Thread(
        target=lambda: seen.extend(int(line) for line in t.cast("t.TextIO", process.stdout) if line.strip())
    )
    reader.start()
    time.sleep(1)
    yield lambda: min(seen)
    time.sleep(1)
    process.terminate()
    reader.join()
    assert seen, "the watch saw nothing"


# Runs


class Killed(KubernetesApi):
    """A client whose process is killed at its n-th write."""

    left = 0

    def _send(self, method: str, path: str, body: t.Any, **options: t.Any) -> tuple[int, bytes]:
        write = method != "GET" and "dryRun" not in (options.get("query") or {})
        if write:
            Killed.left -= 1
            if Killed.left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return super()._send(method, path, body, **options)


def die_after(shop: Shop, writes: int) -> int | None:
    """Converge in a process that is killed after so many writes; its exit status."""

    def run() -> None:
        Killed.left = writes
        stack(shop, Killed(kubeconfig.load())).converge(shop.desired, check=False)

    process = multiprocessing.get_context("fork").Process(target=run)
    process.start()
    process.join()
    return process.exitcode


def test_a_run_that_was_killed_at_any_write_is_finished_by_the_next(paused: Shop) -> None:
    writes = len(paused.desired.in_apply_order) + 2
    killed = 0
    for number in range(writes):
        # A long history: ReplicaSets that nobody waits for go at any time, and what they name with them.
        shop = dataclasses.replace(paused, config=f"killed {number}", secret=f"secret {number}", history=50)
        if number == 0:
            shop = paused
        status = die_after(shop, number)
        killed += status == -signal.SIGKILL
        converge(shop)
        assert converge(shop)["steps"] == [], f"after a kill at write {number}"
    assert killed >= 4
    assert kubectl("get", "lease", LEASE_NAME, "-n", paused.namespace, "--ignore-not-found") == ""


def test_a_new_tenant_that_was_killed_at_any_write_is_finished_by_the_next(image: str) -> None:
    for number in range(0, 8, 2):
        shop = Shop(f"stack-{uuid.uuid4().hex[:8]}", image, waits=False)
        try:
            assert die_after(shop, number) == -signal.SIGKILL
            converge(shop)
            assert converge(shop)["steps"] == []
        finally:
            kubectl("delete", "namespace", shop.namespace, "--ignore-not-found", "--wait=false")


def test_a_second_run_says_by_whom_the_tenant_is_being_worked_on(paused: Shop) -> None:
    converge(paused)
    client = api()
    done = threading.Event()

    def hold() -> None:
        clock = [0.0]
        with Lease(client, paused.namespace, paused.labels, "the night shift", clock=lambda: clock[0]) as lease:
            while not done.wait(1.0):
                clock[0] += 10
                lease.renew()

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        time.sleep(1.5)
        with pytest.raises(OdooError, match=r"being worked on by the night shift on .* since 20"):
            converge(dataclasses.replace(paused, config="two"))
    finally:
        done.set()
        holder.join()
    assert converge(dataclasses.replace(paused, config="two"))["changed"]


def test_a_lease_of_a_run_that_died_elsewhere_runs_out(paused: Shop) -> None:
    converge(paused)
    spec = {
        "holderIdentity": "process 1 since yesterday on elsewhere",
        "leaseDurationSeconds": 2,
        "renewTime": "2026-01-01T00:00:00.000000Z",
    }
    left = {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": LEASE_NAME, "namespace": paused.namespace},
        "spec": spec,
    }
    kubectl("apply", "-f", "-", stdin=json.dumps(left))
    started = time.monotonic()
    assert converge(dataclasses.replace(paused, config="two"))["changed"]
    assert time.monotonic() - started >= 2


def test_a_namespace_that_is_on_its_way_out_is_waited_for(paused: Shop) -> None:
    converge(paused)
    kubectl("delete", "namespace", paused.namespace, "--wait=false")
    assert converge(paused)["changed"]
    assert converge(paused)["steps"] == []
