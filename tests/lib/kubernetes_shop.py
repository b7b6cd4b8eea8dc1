"""A small tenant for tests of the stack: the same kinds as a real one, with a container that starts at once."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import typing as t

from ansible_collections.sysgenpro.odoo.plugins.module_utils._render.kubernetes.types import Desired, Wait

REGION = "test"
#: Answers at once and ends when it is told to.
SERVE = ("sh", "-c", "trap exit TERM; while true; do sleep 0.1; done")
Object = dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Shop:
    """What a test may change of the tenant."""

    namespace: str
    image: str
    tenant: str = "shop"
    region: str = REGION
    command: tuple[str, ...] = SERVE
    probe: tuple[str, ...] = ("true",)
    config: str = "one"
    secret: str = "not-to-be-seen"
    replicas: int = 1
    maximum: int = 0
    timeout: int = 60
    cpu: str = "10m"
    history: int = 2
    without: tuple[str, ...] = ()
    beside: tuple[Object, ...] = ()
    waits: bool = True

    @property
    def labels(self) -> dict[str, str]:
        return {"sysgenpro.odoo/region": self.region, "sysgenpro.odoo/tenant": self.tenant}

    def object(self, api_version: str, kind: str, name: str, **content: t.Any) -> Object:
        metadata = {"name": name, "namespace": self.namespace, "labels": self.labels}
        return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **content}

    @property
    def config_map(self) -> Object:
        name = f"web-{hashlib.sha256(self.config.encode()).hexdigest()[:12]}"
        manifest = self.object("v1", "ConfigMap", name, data={"odoo.conf": self.config}, immutable=True)
        manifest["metadata"]["labels"] = {**self.labels, "sysgenpro.odoo/workload": "web"}
        return manifest

    @property
    def deployment(self) -> Object:
        selector = {"sysgenpro.odoo/workload": "web"}
        # The processor is requested and hardly limited: a probe in a throttled container is late.
        resources = {"requests": {"cpu": self.cpu, "memory": "32Mi"}, "limits": {"cpu": "1000", "memory": "32Mi"}}
        container = {
            "name": "odoo",
            "image": self.image,
            "imagePullPolicy": "IfNotPresent",
            "command": list(self.command),
            "resources": resources,
            "readinessProbe": {"exec": {"command": list(self.probe)}, "periodSeconds": 1, "timeoutSeconds": 5},
            "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
            "ports": [{"name": "http", "containerPort": 8069, "protocol": "TCP"}],
            "volumeMounts": [{"name": "config", "mountPath": "/etc/odoo"}],
        }
        pod = {
            "automountServiceAccountToken": False,
            "terminationGracePeriodSeconds": 2,
            "securityContext": {"runAsNonRoot": True, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [container],
            "volumes": [{"name": "config", "configMap": {"name": self.config_map["metadata"]["name"]}}],
        }
        spec: Object = {
            **({} if self.maximum else {"replicas": self.replicas}),
            "revisionHistoryLimit": self.history,
            "progressDeadlineSeconds": max(self.timeout, 11),
            "selector": {"matchLabels": selector},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
            "template": {"metadata": {"labels": {**self.labels, **selector}}, "spec": pod},
        }
        return self.object("apps/v1", "Deployment", "web", spec=spec)

    @property
    def autoscaler(self) -> Object:
        target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
        cpu = {"name": "cpu", "target": {"type": "AverageValue", "averageValue": "500m"}}
        spec = {
            "scaleTargetRef": target,
            "minReplicas": self.replicas,
            "maxReplicas": self.maximum,
            "metrics": [{"type": "Resource", "resource": cpu}],
        }
        return self.object("autoscaling/v2", "HorizontalPodAutoscaler", "web", spec=spec)

    @property
    def desired(self) -> Desired:
        port = {"name": "http", "port": 8069, "targetPort": "http", "protocol": "TCP"}
        value = base64.b64encode(self.secret.encode()).decode()
        objects = (
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace, "labels": self.labels}},
            self.config_map,
            self.object("v1", "ConfigMap", "notes", data={"a": "1"}),
            self.object("v1", "Service", "web", spec={"selector": {"sysgenpro.odoo/workload": "web"}, "ports": [port]}),
            *self.beside,
            self.deployment,
            *([self.autoscaler] if self.maximum else []),
        )
        wait = Wait("web", "web", "rolling", self.replicas, bool(self.maximum), self.timeout)
        return Desired(
            tenant=self.tenant,
            region=self.region,
            environment="dev",
            namespace=self.namespace,
            labels=self.labels,
            objects=tuple(item for item in objects if item["metadata"]["name"] not in self.without),
            secrets=(self.object("v1", "Secret", "odoo", type="Opaque", data={"password": value}),),
            waits=(wait,) if self.waits else (),
        )
