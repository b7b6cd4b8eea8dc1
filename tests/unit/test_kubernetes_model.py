from __future__ import annotations

import typing as t

import pytest
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model import capacity, fleet, kubernetes
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import InvalidTenant

from . import factories


def problems(name: str = "acme_production", **changes: t.Any) -> list[str]:
    with pytest.raises(InvalidTenant) as raised:
        factories.on_kubernetes(name, **changes)
    return raised.value.problems


def test_a_tenant_moves_by_its_runtime_alone() -> None:
    values: dict[str, t.Any] = {"odoo_image": factories.DIGEST, "odoo_approved_registries": ["registry.example.com/"]}
    docker = factories.tenant(**values)
    moved = factories.tenant(**values, odoo_runtime="kubernetes")
    assert {key for key, value in vars(docker).items() if value != vars(moved)[key]} == {"runtime"}
    assert moved.kubernetes_namespace == "local-acme-production"


def test_only_docker_needs_the_directory_of_traefik() -> None:
    assert factories.on_kubernetes(odoo_traefik_dynamic_path=None).traefik_dynamic_path == ""
    with pytest.raises(InvalidTenant, match="odoo_traefik_dynamic_path is required with odoo_runtime='docker'"):
        factories.tenant(odoo_traefik_dynamic_path=None)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"odoo_image": factories.IMAGE}, "must be registry/repository@sha256:… with odoo_runtime='kubernetes'"),
        (
            {"odoo_image": factories.DIGEST.split("/", 1)[1]},
            "must be registry/repository@sha256:… with odoo_runtime='kubernetes'",
        ),
        ({"odoo_kubernetes_cpu_request": 3.0}, "odoo_kubernetes_cpu_request=3.0: must not exceed odoo_cpus=2.0"),
        (
            {"odoo_kubernetes_cpu_request": 0},
            "odoo_kubernetes_cpu_request=0: must be a number of processors from 0.01 to 64",
        ),
        (
            {"odoo_kubernetes_web_replicas_max": 2},
            "odoo_kubernetes_web_replicas_max=2: must be more than odoo_web_replicas=2, or unset",
        ),
        (
            {"odoo_kubernetes_web_replicas_max": 4, "odoo_packing": "compact"},
            "odoo_kubernetes_web_replicas_max=4: must be unset with odoo_packing='compact', which is one process",
        ),
        (
            {"odoo_kubernetes_namespace": "kube-odoo"},
            "must be a namespace of its own: not default, and not starting with kube-",
        ),
        ({"odoo_kubernetes_namespace": "Acme"}, "must be 1 to 63 of a-z, 0-9 and -, as in DNS"),
        (
            {"odoo_kubernetes_namespace": "traefik"},
            "odoo_kubernetes_namespace='traefik': must be another than Traefik has",
        ),
        ({"odoo_smtp_host": "mail.example.com"}, "must have the networks of mail.example.com (odoo_smtp_host)"),
        ({"odoo_object_store": {"endpoint": "s3://x"}}, "odoo_object_store.endpoint='s3://x': must be a URL such as"),
        ({"odoo_kubernetes_node_pools": {"db": {}}}, "must be a dictionary with background and web only"),
        ({"odoo_kubernetes_node_pools": {"web": {"selector": {}}}}, "whose web has node_selector and tolerations only"),
        ({"odoo_kubernetes_node_pools": {"web": {"node_selector": {"a": 1}}}}, "web.node_selector has labels of nodes"),
        (
            {"odoo_kubernetes_node_pools": {"web": {"tolerations": [{"effect": "No"}]}}},
            "web.tolerations is a list of key",
        ),
        ({"odoo_kubernetes_node_pools": {"web": {"tolerations": [{"taint": ""}]}}}, "web.tolerations is a list of key"),
        ({"odoo_kubernetes_egress": [{"network": "10.0.0.1/8", "port": 443}]}, "[0].network is not"),
        ({"odoo_kubernetes_egress": [{"network": "10.0.0.0/8", "port": "443"}]}, "[0].port is not"),
        ({"odoo_kubernetes_egress": ["10.0.0.0/8"]}, "every element must be of type dict"),
        ({"odoo_kubernetes_patches": [{"kind": "Service", "name": "web"}]}, "[0] does not"),
        ({"odoo_kubernetes_patches": [{"kind": "Service", "name": "web", "patch": {}}]}, "[0].patch is not"),
        (
            {"odoo_kubernetes_patches": [{"kind": "Secret", "name": "odoo", "patch": {"data": {}}}]},
            "a list without Secret, whose content comes from references",
        ),
    ],
)
def test_a_bad_value_names_the_variable_and_what_is_accepted(changes: dict[str, t.Any], expected: str) -> None:
    (problem,) = problems(**changes)
    assert problem.startswith(f"acme_production: {next(iter(changes))}") or "service_networks" in problem
    assert expected in problem


def test_a_name_that_is_too_long_for_a_label_is_refused_on_kubernetes_alone() -> None:
    name = "a" * 64
    names = {"odoo_database": "a", "odoo_database_user": "a", "odoo_bucket": "bucket"}
    assert any("odoo_tenant=" in problem for problem in problems(name, **names))
    assert factories.tenant(name, **names).tenant == name


def test_services_in_the_cluster_and_networks_of_names_are_accepted() -> None:
    factories.on_kubernetes(odoo_smtp_host="mail.platform.svc")
    factories.on_kubernetes(odoo_smtp_host="mail.example.com", odoo_kubernetes_service_networks=["198.51.100.0/24"])
    assert kubernetes.in_cluster("mail.platform.svc.cluster.local") == "platform"
    assert kubernetes.in_cluster("mail.platform.svcs") is None


def test_two_tenants_of_a_cluster_have_a_namespace_each() -> None:
    shared = {"odoo_kubernetes_namespace": "shop", "odoo_place": "cluster1"}
    first = factories.on_kubernetes("acme_production", **shared)
    second = factories.on_kubernetes("globex_production", odoo_host="globex.example.com", **shared)
    (problem,) = fleet.problems([first, second])
    assert (
        problem
        == "acme_production, globex_production: odoo_kubernetes_namespace='shop': must belong to one tenant alone"
    )
    elsewhere = factories.on_kubernetes(
        "globex_production", odoo_host="globex.example.com", odoo_kubernetes_namespace="shop", odoo_place="cluster2"
    )
    assert fleet.problems([first, elsewhere]) == []


def test_the_budget_counts_with_all_pods_autoscaling_may_start() -> None:
    fixed, scaled = factories.on_kubernetes(), factories.on_kubernetes(odoo_kubernetes_web_replicas_max=5)
    (web, *_others) = capacity.workloads(fixed)
    assert capacity.connection_budget(scaled) - capacity.connection_budget(fixed) == 3 * 2 * web.connections
    on_docker = factories.tenant(odoo_kubernetes_web_replicas_max=5)
    assert capacity.connection_budget(on_docker) == capacity.connection_budget(fixed)
    (problem,) = fleet.problems([factories.on_kubernetes(odoo_kubernetes_web_replicas_max=64)])
    assert "lower replicas" in problem
