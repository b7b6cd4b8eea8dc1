# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests to the programs of the image C(recovery): what is plain in one file, what is secret in another."""

from __future__ import annotations

import dataclasses
import json
import typing as t

from .._model.capacity import workloads
from . import odoo_conf
from .containers import RENDERING_VERSION, digest
from .odoo_conf import File

if t.TYPE_CHECKING:
    from .._model.secrets import Secrets
    from .._model.tenant import Tenant

#: Role of the cluster that may make restore points.
PROVISIONER = "provisioner"
#: Secrets of a tenant that a recovery point seals; those of its certificate come where it is provided.
SEALED = ("database", "redis", "s3_access_key", "s3_secret_key", "master", "admin", "health", "health_key", "reporting")


@dataclasses.dataclass(frozen=True)
class Storage:
    """A bucket and the key that may use it."""

    endpoint: str
    bucket: str
    access_key: str
    secret_key: str = dataclasses.field(repr=False)
    region: str = "us-east-1"

    def plain(self) -> dict[str, str]:
        return {"endpoint": self.endpoint, "bucket": self.bucket, "region": self.region}

    def keys(self) -> dict[str, str]:
        return {"access_key": self.access_key, "secret_key": self.secret_key}


@dataclasses.dataclass(frozen=True)
class Signing:
    """The region's minisign key: the secret key's file as text, its password (empty without one), the public key."""

    public_key: str
    key: str = dataclasses.field(repr=False, default="")
    password: str = dataclasses.field(repr=False, default="")


@dataclasses.dataclass(frozen=True)
class Login:
    """A database other than the tenant's own, for example one that was restored."""

    host: str
    port: int
    database: str
    user: str
    password: str = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True)
class Ask:
    """One verb with its request."""

    verb: str
    plain: t.Mapping[str, t.Any]
    secrets: t.Mapping[str, t.Any] = dataclasses.field(repr=False)
    signing_key: str = dataclasses.field(repr=False, default="")

    def files(self, ca: str) -> tuple[File, ...]:
        """What the container reads; ``ca`` is the PEM text of the region's CA."""
        return (
            File("plain/request.json", json.dumps(self.plain, sort_keys=True)),
            File("plain/ca.crt", ca),
            File("secret/recovery.json", json.dumps(self.secrets, sort_keys=True), secret=True),
            File("secret/minisign.key", self.signing_key, secret=True),
        )


def attachments(tenant: Tenant, secrets: Secrets, *, bucket: str = "") -> Storage:
    """The tenant's own bucket, or another that its key may use."""
    return Storage(
        endpoint=tenant.object_store["endpoint"],
        bucket=bucket or tenant.bucket,
        access_key=secrets.s3_access_key,
        secret_key=secrets.s3_secret_key,
        region=tenant.object_store.get("region", "us-east-1"),
    )


def login(tenant: Tenant, secrets: Secrets) -> Login:
    """The tenant's database as its own role.

    Not as the provisioner, which inherits its rights: a tenant that replaced a table by a view would have its functions
    run with the rights of whoever reads it.
    """
    server = tenant.postgresql
    return Login(server.host, server.primary_port, tenant.database, tenant.database_user, secrets.database)


def point(
    tenant: Tenant,
    secrets: Secrets,
    passwords: t.Mapping[str, str],
    *,
    evidence: Storage,
    signing: Signing,
    options: t.Mapping[str, t.Any],
    release: t.Mapping[str, t.Any],
) -> Ask:
    """Take a recovery point. ``options`` are reason, recipients, strict and archive_timeout."""
    values = _sealed(tenant, secrets, passwords)
    store, database = attachments(tenant, secrets), login(tenant, secrets)
    cluster = dataclasses.replace(database, database="postgres", user=PROVISIONER, password=passwords["provisioner"])
    about = {
        "region": tenant.region,
        "environment": tenant.environment,
        "tier": tenant.tier,
        "cluster": tenant.postgresql_cluster,
    }
    plain = {
        "tenant": tenant.tenant,
        "database": _database(database),
        "cluster": _database(cluster),
        "store": store.plain(),
        "evidence": evidence.plain(),
        "public_key": signing.public_key,
        "options": {
            **options,
            "about": about,
            "release": dict(release),
            "references": [{"name": name, "source": tenant.secret_source} for name in sorted(values)],
            "configuration": configuration(tenant, secrets),
        },
    }
    hidden = {
        "database_password": database.password,
        "cluster_password": cluster.password,
        "store": store.keys(),
        "evidence": evidence.keys(),
        "signing_password": signing.password,
        "bundle": values,
    }
    return Ask("point", plain, hidden, signing.key)


def check(
    tenant: str,
    *,
    database: Login,
    store: Storage,
    evidence: Storage,
    public_key: str,
    options: t.Mapping[str, t.Any],
    versions: bool = False,
) -> Ask:
    """Compare a database with a bucket. ``options`` are mode, manifest, sample_above, seed and grace_hours.

    :param versions: compare with the versions that the manifest names, not with the current objects.
    """
    plain = {
        "tenant": tenant,
        "database": _database(database),
        "store": store.plain(),
        "evidence": evidence.plain(),
        "public_key": public_key,
        "options": dict(options),
    }
    hidden = {"database_password": database.password, "store": store.keys(), "evidence": evidence.keys()}
    return Ask("prove" if versions else "check", plain, hidden)


def bring(
    tenant: str,
    *,
    store: Storage,
    source: Storage | None,
    evidence: Storage,
    public_key: str,
    options: t.Mapping[str, t.Any],
    database: Login | None = None,
) -> Ask:
    """Bring a bucket to what the manifest of ``options`` names, from its own versions or from another bucket's.

    :param database: a restored one; its attachments say then what the bucket must have, instead of the manifest.
    """
    plain = {
        "tenant": tenant,
        "store": store.plain(),
        "evidence": evidence.plain(),
        "public_key": public_key,
        "options": dict(options),
        **({"source": source.plain()} if source else {}),
        **({"database": _database(database)} if database else {}),
    }
    hidden = {
        "store": store.keys(),
        "evidence": evidence.keys(),
        **({"source": source.keys()} if source else {}),
        **({"database_password": database.password} if database else {}),
    }
    return Ask("files", plain, hidden)


def report(tenant: str, *, evidence: Storage, signing: Signing, report: t.Mapping[str, t.Any], page: str) -> Ask:
    """Sign a report of a drill and store it with its page."""
    plain = {
        "tenant": tenant,
        "evidence": evidence.plain(),
        "public_key": signing.public_key,
        "options": {"report": dict(report), "page": page},
    }
    return Ask("report", plain, {"evidence": evidence.keys(), "signing_password": signing.password}, signing.key)


def look(tenant: str, *, evidence: Storage, public_key: str, reference: str, limit: int) -> Ask:
    """List the tenant's recovery points, or verify the one of ``reference``."""
    plain = {
        "tenant": tenant,
        "evidence": evidence.plain(),
        "public_key": public_key,
        "options": {"manifest": reference} if reference else {"limit": limit},
    }
    return Ask("verify" if reference else "list", plain, {"evidence": evidence.keys()})


def configuration(tenant: Tenant, secrets: Secrets) -> dict[str, str]:
    """The plain files of each workload, as its containers read them."""
    return {
        f"{workload.name}/{file.path.split('/', 1)[1]}": file.content
        for workload in workloads(tenant)
        for file in odoo_conf.files(tenant, workload, secrets, ca="")
        if not file.secret and file.content
    }


def release(tenant: Tenant, image_id: str, running: t.Mapping[str, str]) -> dict[str, t.Any]:
    """What the tenant is declared to run, and the images its containers do run, by workload."""
    return {
        "image": tenant.image,
        "image_id": image_id,
        "digest": digest([tenant.image, RENDERING_VERSION]),
        "modules": sorted(tenant.all_modules),
        "rendering": RENDERING_VERSION,
        "running": dict(running),
        "series": tenant.series,
    }


def _sealed(tenant: Tenant, secrets: Secrets, passwords: t.Mapping[str, str]) -> dict[str, str]:
    known = {**dataclasses.asdict(secrets), **passwords}
    values = {f"{tenant.tenant}/{name}": known[name] for name in SEALED}
    if tenant.certificate_provider == "provided":
        values[f"{tenant.tenant}/tls_certificate"] = secrets.certificate
        values[f"{tenant.tenant}/tls_private_key"] = secrets.private_key
    return values


def _database(login: Login) -> dict[str, t.Any]:
    return {"host": login.host, "port": login.port, "name": login.database, "user": login.user}
