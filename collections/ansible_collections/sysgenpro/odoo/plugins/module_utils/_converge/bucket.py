# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bring one bucket and its identity to their desired state."""

from __future__ import annotations

import typing as t

from .._model.bucket import BucketState
from .._plan import bucket as planner

if t.TYPE_CHECKING:
    from .._adapters.seaweedfs import SeaweedFS


def present(store: SeaweedFS, desired: BucketState, *, check_mode: bool) -> dict[str, t.Any]:
    """Observe, plan, apply unless ``check_mode``, observe again; the result of the module."""
    identity = desired.owner.name
    observed = store.observe(desired.name, identity)
    steps = planner.plan_present(desired, observed)
    if steps and not check_mode:
        for step in steps:
            _apply(store, step, desired)
        final = store.observe(desired.name, identity)
    else:
        final = desired if steps else observed
    return _result(steps, observed.public(), final.public(), _secret(desired, observed))


def absent(store: SeaweedFS, bucket: str, identity: str, *, force: bool, check_mode: bool) -> dict[str, t.Any]:
    """Remove the identity, its policy and the bucket; the result of the module."""
    observed = store.observe(bucket, identity, contents=True)
    steps = planner.plan_absent(observed, identity, force=force)
    for step in () if check_mode else steps:
        _apply(store, step, observed)
    gone = BucketState(name=bucket, exists=False, versioning=False, identity=None, policy=None)
    final = observed if not steps else gone if check_mode else store.observe(bucket, identity)
    held = "former" if observed.identity else None
    return _result(steps, observed.public(), final.public(), (held, held if final.identity else None))


def _apply(store: SeaweedFS, step: planner.Step, state: BucketState) -> None:
    """Carry out one step with the values of ``state``."""
    identity, target = state.identity, step.target
    writes: dict[str, t.Callable[[], None]] = {
        "create_bucket": lambda: store.create_bucket(target),
        "enable_versioning": lambda: store.set_versioning(target, enabled=True),
        "enable_object_lock": lambda: store.enable_object_lock(target),
        "set_lock_days": lambda: store.set_lock_days(target, state.lock_days or 0),
        "set_noncurrent_days": lambda: store.set_noncurrent_days(target, state.noncurrent_days or 0),
        "suspend_versioning": lambda: store.set_versioning(target, enabled=False),
        "delete_bucket": lambda: store.delete_bucket(target),
        "delete_identity": lambda: store.delete_identity(target),
        "delete_policy": lambda: store.delete_policy(target),
    }
    if identity is not None:
        writes["put_policy"] = lambda: store.put_policy(target, state.policy or "")
        writes["put_identity"] = lambda: store.put_identity(identity)
        writes["delete_key"] = lambda: store.delete_key(identity.name, target)
    writes[step.action]()


def _secret(desired: BucketState, observed: BucketState) -> tuple[str | None, str]:
    """What the diff says of the secret key, before and after, in words."""
    if observed.identity is None:
        return None, "new"
    known = observed.identity.keys
    same = all(known.get(key) == value for key, value in desired.owner.keys.items())
    return ("unchanged", "unchanged") if same else ("former", "new")


def _result(
    steps: t.Sequence[planner.Step],
    before: dict[str, t.Any],
    after: dict[str, t.Any],
    secret: tuple[str | None, str | None],
) -> dict[str, t.Any]:
    return {
        "changed": bool(steps),
        "steps": [step._asdict() for step in steps],
        "bucket": after,
        "diff": {"before": {**before, "secret_key": secret[0]}, "after": {**after, "secret_key": secret[1]}},
    }
