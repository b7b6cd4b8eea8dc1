# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run is asked to do: the request's plain part and its secrets, parsed into frozen values."""

from __future__ import annotations

import dataclasses
import typing as t

from .errors import RecoveryError


@dataclasses.dataclass(frozen=True)
class Bucket:
    """A bucket of an S3 service and the key that may use it."""

    endpoint: str
    region: str
    bucket: str
    access_key: str
    secret_key: str = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True)
class Database:
    """A database at a cluster's primary and the role that reads it."""

    host: str
    port: int
    name: str
    user: str
    password: str = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True)
class Request:
    """A verb's plain options (``options``) and its secrets; what a verb does not use stays None or empty.

    ``ca_file`` and ``signing_key`` are paths in the container.
    """

    ca_file: str
    signing_key: str
    tenant: str
    options: t.Mapping[str, t.Any]
    database: Database | None
    cluster: Database | None
    store: Bucket | None
    source: Bucket | None
    evidence: Bucket | None
    public_key: str
    signing_password: str = dataclasses.field(repr=False)
    bundle: t.Mapping[str, str] = dataclasses.field(repr=False, default_factory=dict)

    def need_database(self) -> Database:
        return _needed(self.database, "database")

    def need_cluster(self) -> Database:
        return _needed(self.cluster, "cluster")

    def need_store(self) -> Bucket:
        return _needed(self.store, "store")

    def need_evidence(self) -> Bucket:
        return _needed(self.evidence, "evidence")


T = t.TypeVar("T")


def _needed(value: T | None, name: str) -> T:
    if value is None:
        raise RecoveryError(f"The request has no {name}", hint="Give its address and credentials")
    return value


def parse(plain: t.Mapping[str, t.Any], secrets: t.Mapping[str, t.Any], *, ca_file: str, signing_key: str) -> Request:
    """Make a request of request.json and recovery.json.

    :raises RecoveryError: naming what is missing, never a value.
    """
    try:
        return Request(
            ca_file=ca_file,
            signing_key=signing_key,
            tenant=str(plain["tenant"]),
            options=plain.get("options", {}),
            database=_database("database", plain, secrets),
            cluster=_database("cluster", plain, secrets),
            store=_bucket("store", plain, secrets),
            source=_bucket("source", plain, secrets),
            evidence=_bucket("evidence", plain, secrets),
            public_key=plain.get("public_key", ""),
            signing_password=secrets.get("signing_password", ""),
            bundle=secrets.get("bundle", {}),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise RecoveryError(f"The request is not complete: {type(error).__name__} {error}") from None


def _database(name: str, plain: t.Mapping[str, t.Any], secrets: t.Mapping[str, t.Any]) -> Database | None:
    given = plain.get(name)
    if given is None:
        return None
    return Database(
        host=given["host"],
        port=int(given["port"]),
        name=given["name"],
        user=given["user"],
        password=secrets[f"{name}_password"],
    )


def _bucket(name: str, plain: t.Mapping[str, t.Any], secrets: t.Mapping[str, t.Any]) -> Bucket | None:
    given = plain.get(name)
    if given is None:
        return None
    keys = secrets[name]
    return Bucket(
        endpoint=given["endpoint"],
        region=given.get("region") or "us-east-1",
        bucket=given["bucket"],
        access_key=keys["access_key"],
        secret_key=keys["secret_key"],
    )
