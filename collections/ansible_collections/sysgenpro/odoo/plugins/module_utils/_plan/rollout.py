# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a Deployment has arrived, and what keeps it from arriving. Pure."""

from __future__ import annotations

import typing as t

Object = t.Mapping[str, t.Any]

#: Reasons of a waiting container that time does not cure.
HOPELESS = frozenset({"InvalidImageName", "ErrImageNeverPull", "CreateContainerConfigError"})
#: Reasons that a second attempt may cure; the kubelet reports them after the first has failed.
DOUBTFUL = frozenset({"ImagePullBackOff", "ErrImagePull", "CreateContainerError", "RunContainerError"})
#: A container that restarts gets a few chances.
RESTARTS = 3
#: Image pulls that fail for a reason no retry changes.
_NO_SUCH_IMAGE = ("not found", "manifest unknown", "pull access denied", "no such host")


def ready(deployment: Object, minimum: int) -> tuple[bool, str]:
    """Whether every pod is of the current template and available, and in words how far it is.

    :param minimum: pods that must be available even where the Deployment asks for fewer at the moment.
    """
    spec, status = deployment["spec"], deployment.get("status") or {}
    wanted = int(spec.get("replicas", 1))
    updated, total = int(status.get("updatedReplicas", 0)), int(status.get("replicas", 0))
    available = int(status.get("availableReplicas", 0))
    said = f"{updated} of {wanted} pods updated, {available} available, {total} in all"
    if not _seen(deployment):
        return False, f"{said}, the controller has not seen the change"
    arrived = updated >= wanted and total <= updated and available >= updated and available >= minimum
    return arrived, said


def _seen(deployment: Object) -> bool:
    """Whether status and pods speak of the present template at all."""
    observed = (deployment.get("status") or {}).get("observedGeneration", 0)
    return int(observed) >= int(deployment["metadata"].get("generation", 0))


def condition(item: Object, kind: str) -> Object:
    """A condition of an object's status; an empty one where it is not there."""
    conditions = (item.get("status") or {}).get("conditions") or []
    return next((entry for entry in conditions if entry.get("type") == kind), {})


def failure(deployment: Object, pods: t.Sequence[Object]) -> tuple[str, bool]:
    """Why a rollout does not get on, and whether waiting is in vain; empty where nothing speaks against it.

    :param pods: those of the current template.
    """
    if not _seen(deployment):
        return "", False
    progressing = condition(deployment, "Progressing")
    if progressing.get("reason") == "ProgressDeadlineExceeded":
        return f"{_pods_say(pods) or progressing.get('message', '')}", True
    for pod in pods:
        said, final = pod_trouble(pod)
        if said:
            return said, final
    failed = condition(deployment, "ReplicaFailure")
    if failed.get("status") == "True":
        return f"no pod could be made: {failed.get('message')}", False
    return "", False


def _pods_say(pods: t.Sequence[Object]) -> str:
    return next((said for said, _final in map(pod_trouble, pods) if said), "")


def pod_trouble(pod: Object) -> tuple[str, bool]:
    """Why a pod does not get on, and whether waiting is in vain; empty where nothing is wrong."""
    name = pod["metadata"]["name"]
    scheduled = condition(pod, "PodScheduled")
    if scheduled.get("status") == "False":
        return f"pod {name} has no node: {scheduled.get('message')}", False
    status = pod.get("status") or {}
    if status.get("reason") == "Evicted":
        return f"pod {name} was evicted: {status.get('message')}", False
    for container in [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]:
        said, final = _container(container)
        if said:
            return f"container {container['name']} of pod {name} {said}", final
    return "", False


def _container(status: Object) -> tuple[str, bool]:
    waiting = (status.get("state") or {}).get("waiting") or {}
    reason, message = waiting.get("reason", ""), str(waiting.get("message", ""))
    if reason in HOPELESS:
        return f"cannot start: {reason}: {message}", True
    if reason in DOUBTFUL:
        hopeless = any(text in message for text in _NO_SUCH_IMAGE)
        return f"cannot start: {reason}: {message}", hopeless
    ended = (status.get("lastState") or {}).get("terminated") or (status.get("state") or {}).get("terminated")
    if ended and int(status.get("restartCount", 0)) >= RESTARTS:
        why = "" if ended.get("reason") in (None, "Error", "Completed") else f" ({ended['reason']})"
        return f"ended with exit status {ended.get('exitCode')}{why}, {status['restartCount']} restarts", True
    return "", False


def template_of(replica_set: Object) -> dict[str, t.Any]:
    """The pod template a ReplicaSet was made of: its own, without what the Deployment's controller added."""
    template = dict(replica_set["spec"]["template"])
    metadata = dict(template.get("metadata") or {})
    labels = {key: value for key, value in (metadata.get("labels") or {}).items() if key != "pod-template-hash"}
    kept = {key: value for key, value in metadata.items() if key != "creationTimestamp"}
    return {**template, "metadata": {**kept, "labels": labels}}


def previous_logs(pod: Object) -> list[tuple[str, bool]]:
    """The containers of a pod whose last words matter, and whether those are of the run before the present one."""
    status = pod.get("status") or {}
    return [
        (container["name"], bool((container.get("lastState") or {}).get("terminated")))
        for container in [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]
        if not container.get("ready")
    ]
