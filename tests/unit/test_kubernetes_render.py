from __future__ import annotations

import base64
import dataclasses
import json
import re
import typing as t
from fractions import Fraction

import pytest
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model import capacity
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render import odoo_conf, traefik
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render.kubernetes import quantities
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render.kubernetes.render import render
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render.kubernetes.types import OWNERSHIP, Desired
from hypothesis import given
from hypothesis import strategies as st

from . import factories
from .kubernetes_strategies import holds_for_every_tenant

if t.TYPE_CHECKING:
    from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.tenant import Tenant

NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")  # RFC 1123, a label of DNS
LABEL_KEY = re.compile(r"([a-z0-9.-]{1,253}/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
LABEL_VALUE = re.compile(r"([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?")
CA = "the region's CA\nin two lines\n"


def desired(tenant: Tenant | None = None, **changes: t.Any) -> Desired:
    return render(tenant or factories.on_kubernetes(**changes), factories.SECRETS, CA)


def of_kind(rendered: Desired, kind: str) -> dict[str, t.Any]:
    return {item["metadata"]["name"]: item for item in rendered.objects if item["kind"] == kind}


def pods(rendered: Desired) -> dict[str, t.Any]:
    return {name: item["spec"]["template"] for name, item in of_kind(rendered, "Deployment").items()}


def container(rendered: Desired, workload: str) -> dict[str, t.Any]:
    found: dict[str, t.Any] = pods(rendered)[workload]["spec"]["containers"][0]
    return found


def not_restricted(spec: t.Mapping[str, t.Any]) -> list[str]:
    """What the profile Restricted of the Pod Security Standards refuses in a pod."""
    found = [key for key in ("hostNetwork", "hostPID", "hostIPC") if spec.get(key)]
    pod = spec.get("securityContext", {})
    allowed = {
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "persistentVolumeClaim",
        "projected",
        "secret",
    }
    found += [volume["name"] for volume in spec["volumes"] if not set(volume) - {"name"} <= allowed]
    for item in [*spec["containers"], *spec.get("initContainers", [])]:
        own = item.get("securityContext", {})
        merged = {**pod, **own}
        capabilities = own.get("capabilities", {})
        wrong = {
            "runAsNonRoot": merged.get("runAsNonRoot") is not True,
            "runAsUser": merged.get("runAsUser") == 0,
            "seccomp": merged.get("seccompProfile", {}).get("type") not in ("RuntimeDefault", "Localhost"),
            "escalation": own.get("allowPrivilegeEscalation") is not False,
            "capabilities": capabilities.get("drop") != ["ALL"]
            or set(capabilities.get("add", [])) - {"NET_BIND_SERVICE"},
            "privileged": bool(own.get("privileged")),
            "hostPort": any("hostPort" in port for port in item.get("ports", [])),
        }
        found += [f"{item['name']}: {name}" for name, refused in wrong.items() if refused]
    return found


@holds_for_every_tenant
def test_every_name_and_label_is_one_of_kubernetes(tenant: Tenant) -> None:
    rendered = desired(tenant)
    for item in (*rendered.objects, *rendered.secrets):
        metadata = item["metadata"]
        assert NAME.fullmatch(metadata["name"])
        assert metadata.get("namespace") == (None if item["kind"] == "Namespace" else rendered.namespace)
        for labels in (
            metadata["labels"],
            item.get("spec", {}).get("template", {}).get("metadata", {}).get("labels", {}),
        ):
            assert all(LABEL_KEY.fullmatch(key) and LABEL_VALUE.fullmatch(value) for key, value in labels.items())
        assert {key: metadata["labels"][key] for key in OWNERSHIP} == rendered.labels


@holds_for_every_tenant
def test_every_object_is_named_once(tenant: Tenant) -> None:
    rendered = desired(tenant)
    names = [(item["kind"], item["metadata"]["name"]) for item in rendered.in_apply_order]
    assert len(names) == len(set(names))


@holds_for_every_tenant
def test_every_pod_passes_the_restricted_profile_and_more(tenant: Tenant) -> None:
    for template in pods(desired(tenant)).values():
        spec = template["spec"]
        assert not_restricted(spec) == []
        assert spec["automountServiceAccountToken"] is False
        assert spec["enableServiceLinks"] is False
        assert spec["securityContext"]["runAsUser"] == spec["securityContext"]["fsGroup"] == 101
        assert all(item["securityContext"]["readOnlyRootFilesystem"] for item in spec["containers"])
        memory = [volume["emptyDir"] for volume in spec["volumes"] if "emptyDir" in volume]
        assert [(volume["medium"], volume["sizeLimit"]) for volume in memory] == [
            ("Memory", "256Mi"),
            ("Memory", "64Mi"),
        ]


def test_the_check_of_the_restricted_profile_can_fail() -> None:
    spec = json.loads(json.dumps(pods(desired())["web"]["spec"]))
    spec["containers"][0]["securityContext"]["capabilities"]["drop"] = []
    spec["hostNetwork"] = True
    spec["volumes"].append({"name": "host", "hostPath": {"path": "/"}})
    assert not_restricted(spec) == ["hostNetwork", "host", "odoo: capabilities"]


@holds_for_every_tenant
def test_requests_limits_and_quota_are_in_order(tenant: Tenant) -> None:
    rendered = desired(tenant)
    hard = of_kind(rendered, "ResourceQuota")["tenant"]["spec"]["hard"]
    limits = of_kind(rendered, "LimitRange")["containers"]["spec"]["limits"][0]
    scaled = {name: item["spec"]["maxReplicas"] for name, item in of_kind(rendered, "HorizontalPodAutoscaler").items()}
    amount = quantities.parsed
    for kind, resource in ((k, r) for k in ("requests", "limits") for r in ("cpu", "memory")):
        peak = Fraction(0)
        for name, item in of_kind(rendered, "Deployment").items():
            resources = container(rendered, name)["resources"]
            assert amount(resources["requests"][resource]) <= amount(resources["limits"][resource])
            assert amount(resources["limits"][resource]) <= amount(limits["max"][resource])
            surge = item["spec"]["strategy"].get("rollingUpdate", {}).get("maxSurge", 0)
            peak += (scaled.get(name, item["spec"].get("replicas", 0)) + surge) * amount(resources[kind][resource])
        assert peak <= amount(hard[f"{kind}.{resource}"])
    assert amount(limits["defaultRequest"]["cpu"]) <= amount(limits["default"]["cpu"]) <= amount(limits["max"]["cpu"])


@holds_for_every_tenant
def test_as_many_pods_as_there_may_be_hold_no_more_connections_than_the_budget(tenant: Tenant) -> None:
    rendered = desired(tenant)
    scaled = of_kind(rendered, "HorizontalPodAutoscaler")
    held = 0
    for workload in capacity.workloads(tenant):
        spec = of_kind(rendered, "Deployment")[workload.name]["spec"]
        most = scaled[workload.name]["spec"]["maxReplicas"] if workload.name in scaled else spec["replicas"]
        # All new ones run and none of the old ones has ended yet.
        held += most * workload.connections * (2 if spec["strategy"]["type"] == "RollingUpdate" else 1)
    assert held + capacity.OPERATOR_CONNECTIONS == capacity.connection_budget(tenant)


@holds_for_every_tenant
def test_an_autoscaler_and_its_deployment_do_not_both_say_how_many(tenant: Tenant) -> None:
    rendered = desired(tenant)
    scaled = of_kind(rendered, "HorizontalPodAutoscaler")
    assert set(scaled) == ({"web"} if tenant.kubernetes_web_replicas_max else set())
    for name, item in of_kind(rendered, "Deployment").items():
        assert ("replicas" in item["spec"]) != (name in scaled)
    for item in scaled.values():
        assert item["spec"]["minReplicas"] == tenant.web_replicas < item["spec"]["maxReplicas"]
    assert {wait.deployment for wait in rendered.waits if wait.autoscaled} == set(scaled)


@holds_for_every_tenant
def test_what_never_runs_twice_ends_before_it_starts(tenant: Tenant) -> None:
    rendered = desired(tenant)
    strategies = {name: item["spec"]["strategy"]["type"] for name, item in of_kind(rendered, "Deployment").items()}
    order = [wait.deployment for wait in rendered.waits]
    if tenant.packing == "compact":
        assert strategies == {"web": "RollingUpdate"}
    else:
        assert strategies == dict.fromkeys(("web", "websocket"), "RollingUpdate") | dict.fromkeys(
            ("cron", "queue"), "Recreate"
        )
        assert order == ["web", "websocket", "cron", "queue"]
    applied = [item["metadata"]["name"] for item in rendered.objects if item["kind"] == "Deployment"]
    assert applied == order


@holds_for_every_tenant
def test_selectors_select_the_pods_they_mean_and_no_others(tenant: Tenant) -> None:
    rendered = desired(tenant)
    labels = {name: template["metadata"]["labels"] for name, template in pods(rendered).items()}

    def selected(selector: t.Mapping[str, str]) -> list[str]:
        return [name for name, own in labels.items() if selector.items() <= own.items()]

    for name, item in of_kind(rendered, "Deployment").items():
        assert selected(item["spec"]["selector"]["matchLabels"]) == [name]
    for name, item in of_kind(rendered, "Service").items():
        assert selected(item["spec"]["selector"]) == [name]
    for name, item in of_kind(rendered, "PodDisruptionBudget").items():
        assert selected(item["spec"]["selector"]["matchLabels"]) == [name]
    for name, template in pods(rendered).items():
        for spread in template["spec"].get("topologySpreadConstraints", []):
            assert selected(spread["labelSelector"]["matchLabels"]) == [name]


@holds_for_every_tenant
def test_ports_of_containers_services_policies_and_routes_are_the_same(tenant: Tenant) -> None:
    rendered = desired(tenant)
    policies = of_kind(rendered, "NetworkPolicy")
    served = of_kind(rendered, "Service")
    for name, item in served.items():
        (port,) = container(rendered, name)["ports"]
        assert (item["spec"]["ports"][0]["port"], item["spec"]["ports"][0]["targetPort"]) == (
            port["containerPort"],
            port["name"],
        )
        (rule,) = policies[name]["spec"]["ingress"]
        assert [entry["port"] for entry in rule["ports"]] == [port["containerPort"]]
    admitted = {name for name, item in policies.items() if "Ingress" in item["spec"]["policyTypes"]} - {"default-deny"}
    assert admitted == set(served)
    for route in of_kind(rendered, "IngressRoute")["odoo"]["spec"]["routes"]:
        (service,) = route["services"]
        assert service["port"] == served[service["name"]]["spec"]["ports"][0]["port"]
        assert all(middleware["name"] in of_kind(rendered, "Middleware") for middleware in route["middlewares"])


@holds_for_every_tenant
def test_mounts_name_what_is_rendered(tenant: Tenant) -> None:
    rendered = desired(tenant)
    maps, secrets = of_kind(rendered, "ConfigMap"), {item["metadata"]["name"]: item for item in rendered.secrets}
    for name, template in pods(rendered).items():
        volumes = {volume["name"]: volume for volume in template["spec"]["volumes"]}
        workload = next(item for item in capacity.workloads(tenant) if item.name == name)
        files = odoo_conf.files(tenant, workload, factories.SECRETS, CA)
        plain = maps[volumes["config"]["configMap"]["name"]]["data"]
        secret = secrets[volumes["secrets"]["secret"]["secretName"]]["data"]
        assert plain == {file.path.split("/")[1]: file.content for file in files if not file.secret}
        assert {key: base64.b64decode(value).decode() for key, value in secret.items()} == {
            file.path.split("/")[1]: file.content for file in files if file.secret
        }
        assert {mount["name"] for mount in container(rendered, name)["volumeMounts"]} == set(volumes)


@holds_for_every_tenant
def test_no_secret_value_is_outside_of_the_secrets(tenant: Tenant) -> None:
    rendered = desired(tenant)
    shown = json.dumps(rendered.objects) + repr(rendered.waits)
    for field in dataclasses.fields(factories.SECRETS):
        value = getattr(factories.SECRETS, field.name)
        encoded = base64.b64encode(value.encode()).decode()
        assert value not in shown
        assert encoded not in shown
    assert not [item for item in rendered.objects if item["kind"] in ("Secret", "Job")]
    assert "database-password" not in repr(rendered)
    environment = [
        entry["name"] for template in pods(rendered).values() for entry in template["spec"]["containers"][0]["env"]
    ]
    assert set(environment) == {"PGSERVICE", "PGSERVICEFILE"}


@given(st.sampled_from([field.name for field in dataclasses.fields(factories.SECRETS)]))
def test_another_secret_value_rolls_the_pods_and_nothing_else(purpose: str) -> None:
    tenant = factories.on_kubernetes()
    changed = dataclasses.replace(factories.SECRETS, **{purpose: "another"})
    before, after = desired(tenant), render(tenant, changed, CA)
    differing = [old["kind"] for old, new in zip(before.objects, after.objects, strict=True) if old != new]
    # The certificate is Traefik's, which follows it by itself.
    assert differing == ([] if purpose in ("certificate", "private_key") else ["Deployment"] * 4)
    assert before.secrets != after.secrets


def test_what_stands_for_a_secret_is_not_the_digest_of_its_value() -> None:
    """Two tenants with one password in common show nothing in common, and one known value explains nothing."""
    first = pods(desired())["web"]["metadata"]["annotations"]["sysgenpro.odoo/secrets"]
    other = render(
        factories.on_kubernetes(), dataclasses.replace(factories.SECRETS, redis="other", s3_secret_key="other"), CA
    )
    assert first != pods(other)["web"]["metadata"]["annotations"]["sysgenpro.odoo/secrets"]
    elsewhere = desired(odoo_secret_path="/home/somebody/secrets")
    assert first == pods(elsewhere)["web"]["metadata"]["annotations"]["sysgenpro.odoo/secrets"]


def test_a_changed_option_is_another_config_map_and_rolls_its_workload() -> None:
    before, after = desired(), desired(odoo_cron_threads=3)
    names = [{name.rsplit("-", 1)[0]: name for name in of_kind(item, "ConfigMap")} for item in (before, after)]
    assert {workload for workload in names[0] if names[0][workload] != names[1][workload]} == {"cron"}
    rolled = [name for name, template in pods(before).items() if template != pods(after)[name]]
    assert rolled == ["cron"]
    assert all(item["immutable"] for item in of_kind(after, "ConfigMap").values())


def shuffled(value: t.Any) -> t.Any:
    """The same data with the keys of every map in the opposite order."""
    if isinstance(value, dict):
        return {key: shuffled(value[key]) for key in reversed(value)}
    return [shuffled(entry) for entry in value] if isinstance(value, list) else value


@holds_for_every_tenant
def test_rendering_is_the_same_every_time(tenant: Tenant) -> None:
    assert json.dumps(desired(tenant).objects) == json.dumps(desired(tenant).objects)


def test_the_order_of_variables_does_not_matter() -> None:
    values: dict[str, t.Any] = {
        "odoo_config": {"limit_time_real": 240, "limit_time_cpu": 120},
        "odoo_kubernetes_node_pools": {"web": {"node_selector": {"a": "1", "b": "2"}}, "background": {}},
    }
    assert desired(**values) == desired(**shuffled(values))


def test_the_ways_in_are_those_of_docker() -> None:
    tenant = factories.on_kubernetes()
    on_docker = json.loads(traefik.render(tenant, factories.SECRETS, ["192.0.2.8"], ["192.0.2.9"]))["http"]
    rendered = desired(tenant)
    routes = of_kind(rendered, "IngressRoute")["odoo"]["spec"]["routes"]
    prefix = f"{tenant.tenant}-"
    assert [
        (
            route["match"],
            route["priority"],
            prefix + route["services"][0]["name"],
            [prefix + item["name"] for item in route["middlewares"] if item["name"] != "headers"],
        )
        for route in routes
    ] == [
        (router["rule"], router["priority"], router["service"], router.get("middlewares", []))
        for _name, router in sorted(
            on_docker["routers"].items(), key=lambda pair: [route["match"] for route in routes].index(pair[1]["rule"])
        )
    ]
    for name, item in of_kind(rendered, "Middleware").items():
        assert name == "headers" or item["spec"] == on_docker["middlewares"][prefix + name]
    assert all(route["middlewares"][0] == {"name": "headers"} for route in routes)


def test_without_a_certificate_of_its_own_traefik_answers_with_its() -> None:
    without = render(
        factories.on_kubernetes(), dataclasses.replace(factories.SECRETS, certificate="", private_key=""), CA
    )
    assert of_kind(without, "IngressRoute")["odoo"]["spec"]["tls"] == {}
    assert [item["metadata"]["name"] for item in without.secrets] == ["odoo"]
    assert of_kind(desired(), "IngressRoute")["odoo"]["spec"]["tls"] == {"secretName": "tls"}


def test_pods_that_services_lead_to_go_on_serving_while_they_are_forgotten() -> None:
    rendered = desired(odoo_drain_timeout=40)
    hooks = {name: container(rendered, name).get("lifecycle") for name in pods(rendered)}
    assert hooks["web"] == hooks["websocket"] == {"preStop": {"sleep": {"seconds": 3}}}
    assert hooks["cron"] is hooks["queue"] is None
    assert pods(rendered)["web"]["spec"]["terminationGracePeriodSeconds"] == 48


def test_workload_classes_have_their_own_priority_and_nodes() -> None:
    pool = {"node_selector": {"pool": "shop"}, "tolerations": [{"key": "shop", "operator": "Exists"}]}
    rendered = desired(odoo_kubernetes_node_pools={"web": pool})
    placed = {
        name: (
            template["spec"]["priorityClassName"],
            template["spec"].get("nodeSelector"),
            template["spec"].get("tolerations"),
        )
        for name, template in pods(rendered).items()
    }
    assert placed["web"] == placed["websocket"] == ("sysgenpro-web", pool["node_selector"], pool["tolerations"])
    assert placed["cron"] == placed["queue"] == ("sysgenpro-background", None, None)


def test_the_namespace_holds_pods_to_the_restricted_profile() -> None:
    first = desired().objects[0]
    assert first["kind"] == "Namespace"
    assert first["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert "namespace" not in first["metadata"]


@pytest.mark.parametrize(
    ("amount", "written"),
    [(0.1, "100m"), (2, "2"), (2.0, "2"), (0.333, "333m"), (1.5, "1500m"), (Fraction(7, 5), "1400m"), (0.0001, "1m")],
)
def test_processors_are_written_as_the_server_stores_them(amount: float, written: str) -> None:
    assert quantities.processors(amount) == written


@given(st.integers(1, 10**6))
def test_memory_is_written_in_its_shortest_form(mebibytes: int) -> None:
    written = quantities.memory(mebibytes * 1024**2)
    assert quantities.parsed(written) == mebibytes * 1024**2
    assert int(re.sub(r"\D", "", written)) % 1024 or written.endswith("Ti")
