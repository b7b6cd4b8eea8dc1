# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lease of a tenant on a cluster: one run at a time, and a second one learns by whom."""

from __future__ import annotations

import contextlib
import datetime
import os
import socket
import time
import typing as t

from .._model.kubernetes_kinds import LEASE, Ref
from .._support.errors import OdooError
from .._support.kubernetes_errors import ApiError, Stale
from .._support.waiting import wait_until

if t.TYPE_CHECKING:
    from .._adapters.kubernetes_api import KubernetesApi

NAME = "sysgenpro-odoo"
#: Seconds after which a lease that nobody renewed counts as left by a run that died.
DURATION = 15
#: Seconds between renewals.
RENEWAL = 5


class LostLease(OdooError):
    """Another run has taken the tenant over."""


class Lease:
    """A Lease object of coordination.k8s.io, held while the body of ``with`` runs.

    Whoever finds it held waits until it is renewed (then the holder lives, and is named) or has not been for its duration
    (then the holder is dead, and the lease is taken over). The clocks of two controllers are never compared.
    """

    def __init__(
        self,
        api: KubernetesApi,
        namespace: str,
        labels: t.Mapping[str, str],
        holder: str,
        *,
        clock: t.Callable[[], float] = time.monotonic,
    ) -> None:
        self._api, self._namespace, self._labels, self._clock = api, namespace, labels, clock
        self.holder = f"{holder} on {socket.gethostname()}"
        self._held: dict[str, t.Any] | None = None
        self._renewed = 0.0

    @property
    def _target(self) -> Ref:
        return Ref(LEASE.api_version, LEASE.kind, self._namespace, NAME)

    def __enter__(self) -> Lease:
        while self._held is None:
            found = self._api.get(self._target)
            with contextlib.suppress(Stale):  # somebody else was faster: look again
                if found is None:
                    self._held = self._api.create(self._manifest({}))
                elif self._free(found):
                    self._held = self._api.replace(self._manifest(found))
        self._renewed = self._clock()
        return self

    def __exit__(self, *_exception: object) -> None:
        if self._held is not None:
            # Whoever took it over meanwhile keeps it; one that cannot be given back expires by itself.
            with contextlib.suppress(ApiError):
                self._api.delete(self._held)
            self._held = None

    def renew(self) -> None:
        """Say that this run lives; called often, it writes only now and then.

        :raises LostLease: another run took the lease over.
        """
        if self._held is None or self._clock() - self._renewed < RENEWAL:
            return
        try:
            self._held = self._api.replace(self._manifest(self._held))
        except Stale as error:
            self._held = None
            raise LostLease(
                "Another run has taken this tenant over, because this one was silent for too long", hint="Run again"
            ) from error
        self._renewed = self._clock()

    def _manifest(self, found: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        spec = found.get("spec") or {}
        mine = spec.get("holderIdentity") == self.holder
        metadata = {"name": NAME, "namespace": self._namespace, "labels": dict(self._labels)}
        if found:
            metadata["resourceVersion"] = found["metadata"]["resourceVersion"]
        return {
            "apiVersion": LEASE.api_version,
            "kind": LEASE.kind,
            "metadata": metadata,
            "spec": {
                "holderIdentity": self.holder,
                "leaseDurationSeconds": DURATION,
                "acquireTime": spec.get("acquireTime") if mine else now,
                "renewTime": now,
            },
        }

    def _free(self, found: t.Mapping[str, t.Any]) -> bool:
        """Whether nobody holds it any more; comes back when that is certain.

        :raises OdooError: somebody does, naming them.
        """
        spec = found["spec"]
        holder = str(spec.get("holderIdentity") or "")
        # Our own: the answer to the request that took it was lost on the way.
        if holder in ("", self.holder) or _died_here(holder):
            return True
        deadline = self._clock() + float(spec.get("leaseDurationSeconds") or DURATION)
        first = spec.get("renewTime")

        def moved() -> tuple[bool, t.Any]:
            now = self._api.get(self._target)
            gone = now is None or now["spec"].get("renewTime") != first
            return gone or self._clock() >= deadline, now

        now = wait_until("the tenant's lease to be renewed or to run out", moved, timeout=DURATION * 2, interval=0.5)
        if now is None or now["spec"].get("renewTime") == first:
            return now is not None
        raise OdooError(
            f"The tenant is being worked on by {now['spec'].get('holderIdentity')} since {now['spec'].get('acquireTime')}",
            hint="Wait for that run to end and run again",
        )


def _died_here(holder: str) -> bool:
    """Whether the holder was a process of this machine that is gone: no need to wait for its lease to run out."""
    words = holder.split()
    if words[-1] != socket.gethostname() or words[0] != "process" or not words[1].isdigit():
        return False
    try:
        os.kill(int(words[1]), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
