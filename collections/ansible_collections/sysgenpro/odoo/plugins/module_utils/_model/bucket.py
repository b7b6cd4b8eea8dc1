# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A bucket and the one identity that may use it, as wished and as observed."""

from __future__ import annotations

import dataclasses
import json
import re
import typing as t

from .._support.errors import OdooError

ACTIONS = ("Read", "Write", "List", "Tagging")

#: S3 operations on the objects of a bucket. Write deletes by a marker and never a version.
OBJECT_OPERATIONS: t.Mapping[str, tuple[str, ...]] = {
    "Read": ("s3:GetObject", "s3:GetObjectVersion"),
    "Write": ("s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"),
    "List": (),
    "Tagging": ("s3:GetObjectTagging", "s3:PutObjectTagging", "s3:DeleteObjectTagging"),
}
#: S3 operations on the bucket itself. Versioning, lifecycle, policies and ACLs stay with the administrator.
BUCKET_OPERATIONS: t.Mapping[str, tuple[str, ...]] = {
    "Read": ("s3:GetBucketLocation",),
    "Write": ("s3:ListBucketMultipartUploads",),
    "List": ("s3:ListBucket", "s3:ListBucketVersions", "s3:GetBucketLocation", "s3:GetBucketVersioning"),
    "Tagging": (),
}

_BUCKET = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_IDENTITY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{1,63}")
_ACCESS_KEY = re.compile(r"[A-Za-z0-9_-]{3,128}")
# Characters that pass the shell of SeaweedFS unquoted.
_SECRET_KEY = re.compile(r"[A-Za-z0-9+/=_.~-]{16,128}")


@dataclasses.dataclass(frozen=True)
class Identity:
    """Who may use a bucket. ``keys`` maps access keys to secret keys, ``actions`` are grants outside any policy."""

    name: str
    keys: t.Mapping[str, str] = dataclasses.field(repr=False)
    policies: frozenset[str]
    actions: frozenset[str] = frozenset()
    enabled: bool = True


@dataclasses.dataclass(frozen=True)
class BucketState:
    """A bucket, its identity and the identity's policy (canonical JSON); None for what does not exist.

    ``object_lock`` allows a retention on its objects and cannot be taken back.
    ``lock_days`` is the retention every new version gets, ``noncurrent_days`` the days after which a version that is no
    longer the newest is removed; None is neither wished for nor set.
    ``empty`` is known only where it was asked for; ``foreign_keys`` maps the access keys of all other identities to
    their owners.
    """

    name: str
    exists: bool
    versioning: bool
    identity: Identity | None
    policy: str | None
    object_lock: bool = False
    lock_days: int | None = None
    noncurrent_days: int | None = None
    empty: bool | None = None
    foreign_keys: t.Mapping[str, str] = dataclasses.field(default_factory=dict, repr=False)

    @property
    def owner(self) -> Identity:
        """The identity of a bucket that is wished for.

        :raises OdooError: there is none.
        """
        if self.identity is None:
            raise OdooError(f"Bucket {self.name} has no identity")
        return self.identity

    def public(self) -> dict[str, t.Any]:
        """What may be shown: access keys, no secret key."""
        identity = self.identity
        return {
            "bucket": self.name,
            "exists": self.exists,
            "versioning": self.versioning,
            "object_lock": self.object_lock,
            "lock_days": self.lock_days,
            "noncurrent_days": self.noncurrent_days,
            "identity": identity
            and {
                "name": identity.name,
                "enabled": identity.enabled,
                "access_keys": sorted(identity.keys),
                "policies": sorted(identity.policies),
                "actions": sorted(identity.actions),
            },
            "policy": json.loads(self.policy) if self.policy else None,
        }


def canonical(policy: t.Mapping[str, t.Any]) -> str:
    """One spelling of a policy: SeaweedFS writes a list of one element as that element."""
    statements = policy.get("Statement", [])
    statements = statements if isinstance(statements, list) else [statements]
    plain = [{key: _unwrapped(value) for key, value in statement.items()} for statement in statements]
    return json.dumps({**policy, "Statement": plain}, sort_keys=True, separators=(",", ":"))


def _unwrapped(value: t.Any) -> t.Any:
    if isinstance(value, list):
        return value[0] if len(value) == 1 else sorted(value)
    return value


def policy_for(
    bucket: str, actions: t.Collection[str], *, also_read: t.Collection[str] = (), never_read: t.Collection[str] = ()
) -> str:
    """The canonical policy that allows ``actions`` on one bucket, reading of others, and nothing else.

    :param also_read: buckets, or patterns of them, to read and list.
    :param never_read: buckets that such a pattern matches and that stay closed.
    """
    statements = _allowed(actions, [bucket])
    if also_read:
        statements += _allowed(("Read", "List"), also_read)
    if never_read:
        resources = [f"arn:aws:s3:::{name}{part}" for name in sorted(never_read) for part in ("", "/*")]
        statements.append({"Effect": "Deny", "Action": ["s3:*"], "Resource": resources})
    return canonical({"Version": "2012-10-17", "Statement": statements})


def _allowed(actions: t.Collection[str], buckets: t.Collection[str]) -> list[dict[str, t.Any]]:
    """Statements that allow ``actions`` on the buckets and on their objects."""
    on_bucket = sorted({operation for action in actions for operation in BUCKET_OPERATIONS[action]})
    on_objects = sorted({operation for action in actions for operation in OBJECT_OPERATIONS[action]})
    return [
        {
            "Effect": "Allow",
            "Action": operations,
            "Resource": [f"arn:aws:s3:::{name}{part}" for name in sorted(buckets)],
        }
        for operations, part in ((on_bucket, ""), (on_objects, "/*"))
        if operations
    ]


def check_names(bucket: str, identity: str) -> None:
    """Refuse names that SeaweedFS or its shell would read differently.

    :raises OdooError: naming the option and what it accepts.
    """
    if not _BUCKET.fullmatch(bucket):
        raise OdooError(
            f"bucket={bucket!r} is not a bucket name",
            hint="Use 3 to 63 of a-z, 0-9 and -, neither first nor last a hyphen",
        )
    if not _IDENTITY.fullmatch(identity) or identity in ("admin", "anonymous"):
        raise OdooError(
            f"identity={identity!r} is not usable",
            hint="Use 2 to 64 of A-Z, a-z, 0-9, _ . - and neither admin nor anonymous",
        )


def desired_state(
    *,
    bucket: str,
    identity: str,
    access_key: str,
    secret_key: str,
    actions: t.Collection[str],
    versioning: bool,
    object_lock: bool = False,
    lock_days: int | None = None,
    noncurrent_days: int | None = None,
    also_read: t.Collection[str] = (),
    never_read: t.Collection[str] = (),
) -> BucketState:
    """The bucket as it should be.

    :raises OdooError: a name, key or number is malformed; the message never holds the secret key.
    """
    check_names(bucket, identity)
    _check_days(lock_days, noncurrent_days)
    if not _ACCESS_KEY.fullmatch(access_key):
        raise OdooError(f"access_key={access_key!r} is malformed", hint="Use 3 to 128 of A-Z, a-z, 0-9, _ -")
    if not _SECRET_KEY.fullmatch(secret_key):
        raise OdooError("secret_key is malformed", hint="Use 16 to 128 of A-Z, a-z, 0-9, + / = _ . ~ -")
    return BucketState(
        name=bucket,
        exists=True,
        versioning=versioning or object_lock or lock_days is not None,
        object_lock=object_lock or lock_days is not None,
        lock_days=lock_days,
        noncurrent_days=noncurrent_days,
        identity=Identity(name=identity, keys={access_key: secret_key}, policies=frozenset({identity})),
        policy=policy_for(bucket, actions, also_read=also_read, never_read=never_read),
    )


def _check_days(lock_days: int | None, noncurrent_days: int | None) -> None:
    for name, days in (("lock_days", lock_days), ("noncurrent_days", noncurrent_days)):
        if days is not None and not 1 <= days <= 36500:
            raise OdooError(f"{name}={days} is not usable", hint="Use 1 to 36500 days")
    if lock_days and noncurrent_days and noncurrent_days < lock_days:
        raise OdooError(
            f"noncurrent_days={noncurrent_days} is shorter than lock_days={lock_days}",
            hint="A locked version cannot be removed: use at least as many days",
        )
