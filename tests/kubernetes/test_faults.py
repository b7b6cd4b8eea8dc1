"""What comes between a run and the cluster: an API server that is gone in the middle, a slow one, a webhook that does not answer."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import threading
import time
import typing as t
import uuid
from urllib.parse import urlsplit

import pytest
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters import kubeconfig
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters.kubernetes_api import KubernetesApi
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support import kubernetes_errors as errors
from kubernetes_cluster import cluster_image, kubectl, resource_versions
from kubernetes_shop import Shop
from tcp_relay import Relay

from .test_stack import converge, stack

#: Becomes ready some seconds after its start, so that there is a middle of its rollout.
SLOW_START = ("sh", "-c", "trap exit TERM; sleep 6; touch /tmp/ready; while true; do sleep 0.2; done")


@pytest.fixture
def shop() -> t.Iterator[Shop]:
    made = Shop(f"faults-{uuid.uuid4().hex[:8]}", cluster_image())
    yield made
    kubectl("delete", "namespace", made.namespace, "--ignore-not-found", "--wait=false")


@contextlib.contextmanager
def relayed() -> t.Iterator[tuple[Relay, KubernetesApi]]:
    """A client whose way to the API server can be cut."""
    access = kubeconfig.load()
    url = urlsplit(access.server)
    relay = Relay(url.hostname or "", url.port or 443)
    there = dataclasses.replace(
        access, server=f"https://127.0.0.1:{relay.port}", server_name=access.server_name or url.hostname or ""
    )
    yield relay, KubernetesApi(there)
    relay.cut()


def starting_slowly(shop: Shop) -> Shop:
    return dataclasses.replace(shop, command=SLOW_START, config="slow", probe=("test", "-e", "/tmp/ready"))


def test_an_api_server_that_goes_in_the_middle_of_a_rollout_undoes_nothing(shop: Shop) -> None:
    converge(shop)
    changed = starting_slowly(shop)
    with relayed() as (relay, client):

        def cut_when_it_rolls() -> None:
            template = "jsonpath={.spec.template.spec.containers[0].command[2]}"
            while "ready" not in kubectl("get", "deployment", "web", "-n", shop.namespace, "-o", template):
                time.sleep(0.1)
            relay.cut()

        cutter = threading.Thread(target=cut_when_it_rolls)
        cutter.start()
        with pytest.raises(errors.Unreachable, match="cannot be reached"):
            stack(changed, client).converge(changed.desired, check=False)
        cutter.join()
        relay.mend()
        # Nothing was put back: the next run waits for the same rollout, and has nothing else to do.
        finished = stack(changed, client).converge(changed.desired, check=False)
    assert [step["action"] for step in finished["steps"]] in (["await_ready"], [])
    assert converge(changed)["steps"] == []


def test_a_slow_api_server_is_waited_for(shop: Shop) -> None:
    with relayed() as (relay, client):
        relay.delay = 0.3
        assert stack(shop, client).converge(shop.desired, check=False)["changed"]
        assert stack(shop, client).converge(shop.desired, check=False)["steps"] == []


@contextlib.contextmanager
def silent_webhook(shop: Shop) -> t.Iterator[str]:
    """A webhook for the tenant's ConfigMaps whose service nobody runs."""
    name = f"check-{shop.namespace}.example.com"
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}
    hook = {
        "name": name,
        "rules": [rule],
        "clientConfig": {"service": {"namespace": shop.namespace, "name": "nobody"}},
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": shop.namespace}},
        "failurePolicy": "Fail",
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "timeoutSeconds": 2,
    }
    manifest = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": name},
        "webhooks": [hook],
    }
    kubectl("create", "-f", "-", stdin=json.dumps(manifest))
    try:
        yield name
    finally:
        kubectl("delete", "validatingwebhookconfiguration", name)


def test_a_webhook_that_does_not_answer_is_named_and_nothing_changes(shop: Shop) -> None:
    paused = dataclasses.replace(shop, waits=False)
    converge(paused)
    changed = dataclasses.replace(paused, config="two")
    before = resource_versions(shop.namespace)
    with silent_webhook(shop) as name:
        time.sleep(2)  # until the API server has heard of it
        with pytest.raises(errors.Unavailable, match=name):
            converge(changed)
        assert resource_versions(shop.namespace) == before
    time.sleep(2)
    assert converge(changed)["changed"]
    assert converge(changed)["steps"] == []
