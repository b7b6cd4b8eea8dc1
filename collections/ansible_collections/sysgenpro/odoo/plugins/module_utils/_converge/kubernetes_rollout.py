# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for a Deployment, and what is said and done when it does not arrive."""

from __future__ import annotations

import dataclasses
import time
import typing as t

from .._model.kubernetes_kinds import DEPLOYMENT, EVENT, POD, REPLICA_SET, Ref
from .._plan import rollout
from .._support.errors import NotConverged, OdooError
from .._support.waiting import wait_until

if t.TYPE_CHECKING:
    from .._adapters.kubernetes_api import KubernetesApi
    from .._render.kubernetes.types import Wait

Object = dict[str, t.Any]
#: Seconds for which something that may pass by itself must last before it counts as a failure.
PATIENCE = 20.0
REVISION = "deployment.kubernetes.io/revision"
#: Events and lines of logs that an error carries.
EVENTS = 6
LINES = 20


@dataclasses.dataclass
class Rollout:
    """One Deployment on its way. ``beat`` is called at every look, so that the run's lease is renewed."""

    api: KubernetesApi
    namespace: str
    wait: Wait
    beat: t.Callable[[], None]
    clock: t.Callable[[], float] = time.monotonic
    _first: tuple[str, float] = ("", 0.0)

    @property
    def target(self) -> Ref:
        return Ref(DEPLOYMENT.api_version, DEPLOYMENT.kind, self.namespace, self.wait.deployment)

    def finish(self) -> None:
        """Return when every pod is of the current template and available.

        :raises OdooError: it will not be, or was not in time; the last thing seen is part of the message.
        """
        live = self.api.get(self.target)
        pods = max(int(live["spec"].get("replicas", 1)) if live else 1, self.wait.minimum)
        # Old pods end one after the other too, so time is given for each.
        timeout = self.wait.timeout * (pods if self.wait.strategy == "rolling" else 1)
        wait_until(f"{self.target} to be ready", self._look, timeout=timeout, interval=0.25)

    def settle(self) -> None:
        """Return when ReplicaSets beyond the history are gone, so that what only they named can be pruned."""
        live = self.api.get(self.target)
        if live is None:
            return
        kept = int(live["spec"].get("revisionHistoryLimit", 10)) + 1

        def few() -> tuple[bool, int]:
            count = len(self._replica_sets(live))
            return count <= kept, count

        wait_until(f"old ReplicaSets of {self.target} to go", few, timeout=30.0, interval=0.1)

    def _look(self) -> tuple[bool, str]:
        self.beat()
        live = self.api.get(self.target)
        if live is None:
            raise OdooError(f"{self.target} was removed by somebody else", hint="Run again")
        arrived, said = rollout.ready(live, self.wait.minimum)
        if arrived:
            return True, said
        why, hopeless = rollout.failure(live, self._pods(live))
        if hopeless or (why and self._lasts(why)):
            raise NotConverged(f"{said}; {why}", details={"last_observed": f"{said}; {why}"})
        return False, f"{said}; {why}" if why else said

    def _lasts(self, why: str) -> bool:
        """Whether the same kind of trouble has been there for a while; the wording may count or name pods."""
        kind = " ".join(word for word in why.split() if word.isalpha())
        if self._first[0] != kind:
            self._first = (kind, self.clock())
        return self.clock() - self._first[1] >= PATIENCE

    def _replica_sets(self, live: Object) -> list[Object]:
        labels = live["spec"]["selector"]["matchLabels"]
        found = self.api.select(REPLICA_SET, namespace=self.namespace, labels=labels) or []
        uid = live["metadata"]["uid"]
        return [
            item
            for item in found
            if any(owner.get("uid") == uid for owner in item["metadata"].get("ownerReferences") or [])
        ]

    def _current(self, live: Object) -> Object | None:
        """The ReplicaSet of the current template."""
        revision = (live["metadata"].get("annotations") or {}).get(REVISION)
        return next(
            (
                item
                for item in self._replica_sets(live)
                if (item["metadata"].get("annotations") or {}).get(REVISION) == revision
            ),
            None,
        )

    def _pods(self, live: Object) -> list[Object]:
        current = self._current(live)
        if current is None:
            return []
        labels = {
            **live["spec"]["selector"]["matchLabels"],
            "pod-template-hash": current["metadata"]["labels"]["pod-template-hash"],
        }
        return self.api.select(POD, namespace=self.namespace, labels=labels) or []

    def served_before(self) -> Object | None:
        """The pod template that still serves beside the current one, as it was; None where there is no such ReplicaSet."""
        live = self.api.get(self.target)
        current = self._current(live) if live else None
        if live is None or current is None:
            return None
        others = [
            item
            for item in self._replica_sets(live)
            if item["metadata"]["uid"] != current["metadata"]["uid"]
            and int((item.get("status") or {}).get("readyReplicas", 0))
        ]
        if not others:
            return None
        newest = max(others, key=lambda item: int((item["metadata"].get("annotations") or {}).get(REVISION, 0)))
        return rollout.template_of(newest)

    def last_words(self) -> str:
        """Events and the last lines of the new pods, for the error that says the rollout failed."""
        live = self.api.get(self.target)
        if live is None:
            return ""
        pods = self._pods(live)
        troubled = [pod for pod in pods if not _available(pod)] or pods
        current = self._current(live)
        about = [live, *([current] if current else []), *troubled[:1]]
        text = self._events({item["metadata"]["name"] for item in about})
        for pod in troubled[:1]:
            for container, previous in rollout.previous_logs(pod):
                name = pod["metadata"]["name"]
                lines = self.api.logs(self.namespace, name, container, lines=LINES, previous=previous)
                lines = lines or self.api.logs(self.namespace, name, container, lines=LINES)
                if lines:
                    text += f"\n--- last lines of {name}\n" + "\n".join(lines)
        return text

    def _events(self, names: set[str]) -> str:
        events = [
            event
            for event in self.api.select(EVENT, namespace=self.namespace) or []
            if event["involvedObject"].get("name") in names and event.get("type") != "Normal"
        ]
        events.sort(key=_when)
        lines = [
            f"{event['involvedObject']['kind']} {event['involvedObject']['name']}: {event.get('reason')}: {event.get('message')}"
            for event in events
        ]
        unique = list(dict.fromkeys(lines))[-EVENTS:]
        return "\n--- events\n" + "\n".join(unique) if unique else ""


def _when(event: t.Mapping[str, t.Any]) -> str:
    return str(event.get("lastTimestamp") or event.get("eventTime") or event["metadata"].get("creationTimestamp") or "")


def _available(pod: Object) -> bool:
    return bool(rollout.condition(pod, "Ready").get("status") == "True")
