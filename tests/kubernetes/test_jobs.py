"""Programs that run once, as Jobs on a real cluster: they end, fail with their last words, and are joined."""

from __future__ import annotations

import dataclasses
import json
import threading
import time
import typing as t
import uuid

import pytest
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters import kubeconfig
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters.kubernetes_api import KubernetesApi
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge.kubernetes_jobs import KubernetesJobs
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge.one_off import OneOff
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render.kubernetes import job as render
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render.odoo_conf import File
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import OdooError
from kubernetes_cluster import cluster_image, kubectl, missing_image
from kubernetes_fleet import tenant

if t.TYPE_CHECKING:
    from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.tenant import Tenant

FILES = (
    File("plain/odoo.conf", "[options]\nworkers = 0\n"),
    File("plain/ca.crt", "CA"),
    File("secret/odoo.conf", "[options]\ndb_password = s3cret\n", secret=True),
)


@pytest.fixture
def whose() -> t.Iterator[Tenant]:
    found = tenant(f"jobs_{uuid.uuid4().hex[:6]}", image=cluster_image())
    yield found
    kubectl("delete", "namespace", found.kubernetes_namespace, "--ignore-not-found", "--wait=false")


def jobs(whose: Tenant) -> KubernetesJobs:
    return KubernetesJobs(KubernetesApi(kubeconfig.load()), whose)


def one_off(whose: Tenant, script: str) -> OneOff:
    """A shell in the place of Odoo; the entrypoint of the image is told to run it."""
    labels = {"sysgenpro.odoo/component": "module"}
    return OneOff(f"{whose.tenant}-module", whose.image, ("/bin/sh", "-c", script), "/unused", FILES, labels)


def test_a_job_reads_its_files_and_leaves_nothing_behind(whose: Tenant) -> None:
    lines = jobs(whose).run_once(one_off(whose, "grep workers /etc/odoo/odoo.conf; grep -c s3cret /run/odoo/odoo.conf"))
    assert lines == ["workers = 0", "1"]
    namespace = whose.kubernetes_namespace
    time.sleep(2)
    left = kubectl("get", "jobs,pods,secrets,configmaps", "-n", namespace, "-o", "name").split()
    assert left == ["configmap/kube-root-ca.crt"]
    assert kubectl("get", "resourcequota,networkpolicy", "-n", namespace, "-o", "name")


def test_a_job_that_fails_says_its_last_words_and_can_be_run_again(whose: Tenant) -> None:
    with pytest.raises(OdooError, match="the module is broken") as raised:
        jobs(whose).run_once(one_off(whose, "echo the module is broken; exit 3"))
    assert "s3cret" not in str(raised.value)
    assert jobs(whose).run_once(one_off(whose, "echo fine")) == ["fine"]


def test_a_second_run_joins_the_job_under_way(whose: Tenant) -> None:
    first: list[list[str]] = []
    runner = threading.Thread(target=lambda: first.append(jobs(whose).run_once(one_off(whose, "sleep 8; echo once"))))
    runner.start()
    second = jobs(whose)
    deadline = time.monotonic() + 30
    while not second.running(one_off(whose, "").name) and time.monotonic() < deadline:
        time.sleep(0.2)
    named = render.job_name(one_off(whose, "").name)
    uid = kubectl("get", "job", named, "-n", whose.kubernetes_namespace, "-o", "jsonpath={.metadata.uid}")
    assert uid
    # Whoever comes second neither starts another nor changes this one, whatever it was asked to run.
    seen = second._find(one_off(whose, "").name)
    assert seen is not None
    assert seen["metadata"]["uid"] == uid
    runner.join()
    assert first == [["once"]]


def test_a_suspended_job_of_a_killed_run_is_made_anew(whose: Tenant) -> None:
    client = jobs(whose)
    job = one_off(whose, "echo done")
    client._lay_foundation()
    client.api.apply(render.job(whose, job.name, ("/bin/sh", "-c", "exit 9"), "module", suspend=True))
    assert not client.running(job.name)
    assert client.run_once(job) == ["done"]


def test_a_job_whose_image_is_missing_is_given_up(whose: Tenant) -> None:
    other = dataclasses.replace(whose, image=missing_image())
    with pytest.raises(OdooError, match=r"cannot run: .*0000"):
        jobs(other).run_once(one_off(other, "true"))
    assert kubectl("get", "jobs", "-n", whose.kubernetes_namespace, "-o", "name") == ""


def test_pods_of_jobs_are_as_confined_as_the_tenants_own(whose: Tenant) -> None:
    made = render.job(whose, "name", ("true",), "module", suspend=True)
    spec = made["spec"]["template"]["spec"]
    assert json.dumps(made).count("s3cret") == 0
    assert spec["automountServiceAccountToken"] is False
    assert spec["containers"][0]["securityContext"]["readOnlyRootFilesystem"] is True
    assert made["spec"]["backoffLimit"] == 0
