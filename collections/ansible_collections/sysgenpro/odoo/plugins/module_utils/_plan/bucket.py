# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What changes a bucket and its identity from what they are to what they should be."""

from __future__ import annotations

import typing as t

from .._support.errors import OdooError

if t.TYPE_CHECKING:
    from .._model.bucket import BucketState, Identity


class Step(t.NamedTuple):
    """One write, with why it is needed; ``target`` is a name or an access key, never a secret."""

    action: str
    target: str
    cause: str


def plan_present(desired: BucketState, observed: BucketState) -> tuple[Step, ...]:
    """Ordered steps towards ``desired``; empty where nothing differs.

    :raises OdooError: the access key already belongs to another identity.
    """
    for access_key in desired.owner.keys:
        owner = observed.foreign_keys.get(access_key)
        if owner:
            raise OdooError(
                f"Access key {access_key} belongs to identity {owner}",
                hint="Give each identity an access key of its own",
            )
    return (
        *_bucket_steps(desired, observed),
        *_policy_steps(desired, observed),
        *_identity_steps(desired.owner, observed.identity),
    )


def _bucket_steps(desired: BucketState, observed: BucketState) -> t.Iterator[Step]:
    if not observed.exists:
        yield Step("create_bucket", desired.name, "the bucket is missing")
    if desired.versioning and not observed.versioning:
        yield Step("enable_versioning", desired.name, "versioning is off")
    if desired.object_lock and not observed.object_lock:
        yield Step("enable_object_lock", desired.name, "objects can be deleted for good")
    if desired.lock_days is not None and desired.lock_days != observed.lock_days:
        yield Step("set_lock_days", desired.name, f"new versions are locked for {observed.lock_days or 0} days")
    if desired.noncurrent_days is not None and desired.noncurrent_days != observed.noncurrent_days:
        days = observed.noncurrent_days
        yield Step("set_noncurrent_days", desired.name, f"older versions stay {f'{days} days' if days else 'for ever'}")
    if observed.versioning and not (desired.versioning or observed.object_lock):
        yield Step("suspend_versioning", desired.name, "versioning is on")


def _policy_steps(desired: BucketState, observed: BucketState) -> t.Iterator[Step]:
    if desired.policy != observed.policy:
        cause = "the policy differs" if observed.policy else "the policy is missing"
        yield Step("put_policy", desired.owner.name, cause)


def _identity_steps(desired: Identity, observed: Identity | None) -> t.Iterator[Step]:
    if observed is None:
        yield Step("put_identity", desired.name, "the identity is missing")
        return
    if observed.actions or observed.policies - desired.policies or not observed.enabled:
        yield Step("delete_identity", desired.name, "the identity is disabled or may do more than its policy")
        yield Step("put_identity", desired.name, "the identity is made anew")
        return
    if observed.policies != desired.policies:
        yield Step("put_identity", desired.name, "its policy is not attached")
    elif any(observed.keys.get(access_key) != secret for access_key, secret in desired.keys.items()):
        yield Step("put_identity", desired.name, "its key differs")
    for access_key in sorted(observed.keys.keys() - desired.keys.keys()):
        yield Step("delete_key", access_key, "the key is not the declared one")


def plan_absent(observed: BucketState, identity: str, *, force: bool) -> tuple[Step, ...]:
    """Ordered steps that remove the identity, its policy and the bucket.

    :raises OdooError: the bucket holds objects and ``force`` is not set.
    """
    if observed.exists and not observed.empty and not force:
        raise OdooError(
            f"Bucket {observed.name} is not empty", hint="Set force: true to delete the bucket with everything in it"
        )
    steps = []
    if observed.identity is not None:
        steps.append(Step("delete_identity", identity, "the identity is not wanted"))
    if observed.policy is not None:
        steps.append(Step("delete_policy", identity, "the policy is not wanted"))
    if observed.exists:
        steps.append(Step("delete_bucket", observed.name, "the bucket is not wanted"))
    return tuple(steps)
