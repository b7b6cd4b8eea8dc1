"""What the cluster refuses, each with the same thing admitted where the refusal has no reason; and who may do what."""

from __future__ import annotations

import copy
import re
import typing as t

import pytest

from .conftest import PLATFORM, REGION_LABEL, TENANT_LABEL, TRAEFIK, Kubectl, Manifest

DIGEST = "sha256:" + "0" * 64


def changed(manifest: Manifest, *path: str | int, value: t.Any) -> Manifest:
    """The manifest with one field set, or taken away where the value is None."""
    result = copy.deepcopy(manifest)
    place: t.Any = result
    for key in path[:-1]:
        place = place.setdefault(key, {}) if isinstance(place, dict) else place[key]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return result


def in_container(*path: str | int, value: t.Any) -> t.Callable[[Manifest], Manifest]:
    return lambda pod: changed(pod, "spec", "containers", 0, *path, value=value)


def in_pod(*path: str | int, value: t.Any) -> t.Callable[[Manifest], Manifest]:
    return lambda pod: changed(pod, *path, value=value)


def with_image(pattern: str, replacement: str) -> t.Callable[[Manifest], Manifest]:
    def change(pod: Manifest) -> Manifest:
        image = pod["spec"]["containers"][0]["image"]
        return changed(pod, "spec", "containers", 0, "image", value=re.sub(pattern, replacement, image))

    return change


def as_init_container(pod: Manifest) -> Manifest:
    """Another container, in front of a good one, that no policy may overlook."""
    first = {**pod["spec"]["containers"][0], "name": "first", "image": f"elsewhere.test/odoo@{DIGEST}"}
    return changed(pod, "spec", "initContainers", value=[first])


REFUSED = {
    "registry": ("images", "is not from an approved registry", with_image(r"^[^/]+/", "elsewhere.test/")),
    # The name of an approved registry is the beginning of another's.
    "registry-prefix": ("images", "is not from an approved registry", with_image(r"^([^/]+)/", r"\1.elsewhere.test/")),
    "init-container": ("images", "is not from an approved registry", as_init_container),
    "tag": ("images", "is not named by its digest", with_image(r"@.*", ":1.0")),
    "latest": ("images", "has the tag latest", with_image(r"@", ":latest@")),
    "privileged": (
        "unprivileged",
        "a container is privileged",
        in_container("securityContext", value={"privileged": True}),
    ),
    "escalation": ("unprivileged", "allowPrivilegeEscalation", in_container("securityContext", value=None)),
    "capability": (
        "unprivileged",
        "adds capabilities",
        in_container("securityContext", "capabilities", "add", value=["NET_ADMIN"]),
    ),
    "host-network": (
        "unprivileged",
        "the network, the processes or the files",
        in_pod("spec", "hostNetwork", value=True),
    ),
    "host-processes": (
        "unprivileged",
        "the network, the processes or the files",
        in_pod("spec", "hostPID", value=True),
    ),
    "host-path": (
        "unprivileged",
        "the network, the processes or the files",
        in_pod("spec", "volumes", value=[{"name": "node", "hostPath": {"path": "/"}}]),
    ),
    "no-limits": ("limits", "container probe has no limit", in_container("resources", value=None)),
    "no-cpu-limit": ("limits", "container probe has no limit", in_container("resources", "limits", "cpu", value=None)),
    "no-tenant": ("tenant", f"pods here need the label {TENANT_LABEL}=probe", in_pod("metadata", "labels", value=None)),
    "other-tenant": (
        "tenant",
        f"pods here need the label {TENANT_LABEL}=probe",
        in_pod("metadata", "labels", TENANT_LABEL, value="neighbour"),
    ),
}


def deployment(pod: Manifest) -> Manifest:
    template = {"metadata": {"labels": {**pod["metadata"].get("labels", {}), "app": "probe"}}, "spec": pod["spec"]}
    spec = {"selector": {"matchLabels": {"app": "probe"}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": of(pod), "spec": spec}


def cron_job(pod: Manifest) -> Manifest:
    template = {"metadata": pod["metadata"], "spec": {**pod["spec"], "restartPolicy": "Never"}}
    spec = {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": {"template": template}}}
    return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": of(pod), "spec": spec}


def of(pod: Manifest) -> Manifest:
    return {key: pod["metadata"][key] for key in ("name", "namespace")}


WRAPPERS: dict[str, t.Callable[[Manifest], Manifest]] = {
    "Pod": lambda pod: pod,
    "Deployment": deployment,
    "CronJob": cron_job,
}


@pytest.mark.parametrize("kind", WRAPPERS)
def test_a_confined_pod_is_admitted(kubectl: Kubectl, pod: Manifest, kind: str) -> None:
    answer = kubectl.try_create(WRAPPERS[kind](pod))
    assert answer.returncode == 0, answer.stderr


@pytest.mark.parametrize("kind", WRAPPERS)
@pytest.mark.parametrize("case", REFUSED)
def test_admission_refuses(kubectl: Kubectl, pod: Manifest, foreign_namespace: str, case: str, kind: str) -> None:
    policy, message, change = REFUSED[case]
    refused = WRAPPERS[kind](change(pod))
    answer = kubectl.try_create(refused)
    assert answer.returncode != 0, f"{kind} was admitted"
    assert f"ValidatingAdmissionPolicy 'sysgenpro-{policy}'" in answer.stderr
    assert message in answer.stderr
    elsewhere = kubectl.try_create(changed(refused, "metadata", "namespace", value=foreign_namespace))
    assert elsewhere.returncode == 0, f"refused by something else as well: {elsewhere.stderr}"


def test_an_image_cannot_be_exchanged_afterwards(kubectl: Kubectl, pod: Manifest) -> None:
    kubectl("create", "-f", "-", manifest=pod)
    try:
        arguments = ("set", "image", "pod/probe", "-n", pod["metadata"]["namespace"], "--dry-run=server")
        other = pod["spec"]["containers"][0]["image"].replace("@sha256:", "-other@sha256:")
        assert kubectl(*arguments, f"probe={other}", check=False).returncode == 0
        answer = kubectl(*arguments, f"probe=elsewhere.test/odoo@{DIGEST}", check=False)
        assert "is not from an approved registry" in answer.stderr
    finally:
        kubectl("delete", "--now", "-f", "-", manifest=pod)


@pytest.mark.parametrize("namespace", [PLATFORM, TRAEFIK])
def test_the_platform_is_under_pod_security(kubectl: Kubectl, pod: Manifest, namespace: str) -> None:
    root = changed(changed(pod, "metadata", "namespace", value=namespace), "spec", "securityContext", value={})
    answer = kubectl.try_create(root)
    assert 'violates PodSecurity "restricted' in answer.stderr
    assert kubectl.try_create(changed(pod, "metadata", "namespace", value=namespace)).returncode == 0


def test_priority_classes_order_the_workloads(kubectl: Kubectl) -> None:
    values = {
        name: kubectl.get("priorityclass", f"sysgenpro-{name}")["value"] for name in ("platform", "web", "background")
    }
    assert values["platform"] > values["web"] > values["background"]


DEPLOYER = {
    "yes": [
        ("patch", "deployments.apps"),
        ("create", "namespaces"),
        ("patch", "secrets"),
        ("create", "jobs.batch"),
        ("patch", "ingressroutes.traefik.io"),
        ("get", "pods", "--subresource=log"),
    ],
    "no": [
        ("create", "pods"),
        ("create", "pods", "--subresource=exec"),
        ("create", "clusterroles.rbac.authorization.k8s.io"),
        ("create", "rolebindings.rbac.authorization.k8s.io"),
        ("create", "serviceaccounts", "--subresource=token"),
        ("patch", "validatingadmissionpolicies.admissionregistration.k8s.io"),
        ("patch", "nodes"),
    ],
}
SUPPORT = {
    "yes": [
        ("list", "pods"),
        ("get", "pods", "--subresource=log"),
        ("list", "events"),
        ("get", "ingressroutes.traefik.io"),
    ],
    "no": [
        ("get", "secrets"),
        ("list", "secrets"),
        ("create", "pods", "--subresource=exec"),
        ("create", "pods", "--subresource=portforward"),
        ("patch", "deployments.apps"),
        ("delete", "pods"),
    ],
}
RIGHTS = [
    (account, question, answer == "yes")
    for account, answers in (("deployer", DEPLOYER), ("support", SUPPORT))
    for answer, questions in answers.items()
    for question in questions
]


@pytest.mark.parametrize(
    ("account", "question", "allowed"),
    RIGHTS,
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else str(value),
)
def test_rights(
    kubectl: Kubectl, tenant_namespace: str, account: str, question: tuple[str, ...], allowed: bool
) -> None:
    assert kubectl.as_account(account).may(*question, "-n", tenant_namespace) is allowed


def config_map(namespace: str) -> Manifest:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "probe", "namespace": namespace}}


def test_a_deployer_stays_in_tenants_namespaces(
    kubectl: Kubectl, tenant_namespace: str, foreign_namespace: str
) -> None:
    deployer = kubectl.as_account("deployer")
    assert deployer.try_create(config_map(tenant_namespace)).returncode == 0
    for namespace in (PLATFORM, foreign_namespace, "kube-system"):
        assert (
            "a deployer changes objects in tenants' namespaces only"
            in deployer.try_create(config_map(namespace)).stderr
        )
        assert kubectl.try_create(config_map(namespace)).returncode == 0, "the administrator may"


def new_namespace(labels: dict[str, str]) -> Manifest:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "test-of-deployer", "labels": labels}}


WHOLE = {REGION_LABEL: "local", TENANT_LABEL: "probe", "pod-security.kubernetes.io/enforce": "restricted"}


def test_a_deployer_makes_tenants_namespaces(kubectl: Kubectl) -> None:
    answer = kubectl.as_account("deployer").try_create(new_namespace(WHOLE))
    assert answer.returncode == 0, answer.stderr


@pytest.mark.parametrize("missing", WHOLE)
def test_a_deployer_makes_no_other_namespace(kubectl: Kubectl, missing: str) -> None:
    manifest = new_namespace({key: value for key, value in WHOLE.items() if key != missing})
    assert "a tenant's namespace needs the labels" in kubectl.as_account("deployer").try_create(manifest).stderr
    assert kubectl.try_create(manifest).returncode == 0, "the administrator may"


def test_a_deployer_takes_no_namespace_over(kubectl: Kubectl, foreign_namespace: str, tenant_namespace: str) -> None:
    deployer = kubectl.as_account("deployer")
    labels = [f"{key}={value}" for key, value in WHOLE.items()]
    arguments = ("label", "--overwrite", "--dry-run=server", "namespace")
    assert "this namespace is not a tenant's" in deployer(*arguments, foreign_namespace, *labels, check=False).stderr
    assert deployer(*arguments, tenant_namespace, *labels, check=False).returncode == 0
    moved = deployer(
        *arguments, tenant_namespace, *labels[:2][::-1][1:], f"{TENANT_LABEL}=neighbour", labels[2], check=False
    )
    assert "a namespace cannot become another tenant's" in moved.stderr
    deletion = deployer("delete", "--dry-run=server", "namespace", foreign_namespace, check=False)
    assert "this namespace is not a tenant's" in deletion.stderr
