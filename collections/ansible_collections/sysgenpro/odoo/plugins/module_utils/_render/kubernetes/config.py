# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a pod reads: ConfigMaps with the plain files, Secrets with the others.

The files are those of Docker (C(odoo_conf.files)), split the same way.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import typing as t

from ..containers import digest

if t.TYPE_CHECKING:
    from ..._model.secrets import Secrets
    from ..._model.tenant import Tenant
    from ..odoo_conf import File
    from .owner import Owner

#: Secrets of a tenant: the files of /run/secrets, and the certificate of its names.
FILES_SECRET = "odoo"
TLS_SECRET = "tls"
#: What FILES_SECRET is made of, as the purposes that secrets are named by.
PURPOSES = ("database", "redis", "s3_access_key", "s3_secret_key", "master")


def config_map(owner: Owner, workload: str, files: t.Sequence[File]) -> dict[str, t.Any]:
    """The plain files of a workload, under the name of the workload; ``named_by_content`` gives it its own."""
    data = {_name(file): file.content for file in files if not file.secret}
    return owner.manifest("v1", "ConfigMap", workload, workload=workload, data=data)


def named_by_content(manifest: dict[str, t.Any]) -> dict[str, t.Any]:
    """The ConfigMap with a digest of its content in its name.

    So another content is another object: pods roll to it, pods of the old ReplicaSet still find theirs, and where nothing
    changed nothing happens. It is immutable, which also spares the kubelet watching it.
    """
    content = {key: manifest[key] for key in ("data", "binaryData") if key in manifest}
    name = f"{manifest['metadata']['name']}-{digest(content)}"
    return {**manifest, "metadata": {**manifest["metadata"], "name": name}, "immutable": True}


def secret_objects(owner: Owner, files: t.Sequence[File], secrets: Secrets) -> tuple[dict[str, t.Any], ...]:
    """The Secrets. Their names are fixed, so that an operator of secrets may own them instead."""
    mounted = {_name(file): file.content for file in files if file.secret}
    objects = [owner.manifest("v1", "Secret", FILES_SECRET, type="Opaque", data=_encoded(mounted))]
    if secrets.certificate:
        pair = {"tls.crt": secrets.certificate, "tls.key": secrets.private_key}
        objects.append(owner.manifest("v1", "Secret", TLS_SECRET, type="kubernetes.io/tls", data=_encoded(pair)))
    return tuple(objects)


def secret_version(tenant: Tenant, secrets: Secrets) -> str:
    """Twelve hexadecimal digits that change with the reference or the value of any secret a pod mounts.

    They stand in pods and in git, where people may read them who must not read the secrets. A digest of one value could
    be compared with the digests of likely values, so no value has a digest of its own: the HMAC's key is made of all of
    them. Whoever tries values must be right about all at once, which is out of reach as long as one of them is random;
    those that the platform makes have 32 random letters and digits. References are names; the place they are read from (a
    folder of one controller) is left out, so that every controller renders the same.
    """
    values = [getattr(secrets, purpose) for purpose in PURPOSES]
    references = [f"{tenant.secret_source}:{tenant.tenant}/{purpose}" for purpose in PURPOSES]
    key = hashlib.sha256(json.dumps(values).encode()).digest()
    return hmac.new(key, json.dumps(references).encode(), hashlib.sha256).hexdigest()[:12]


def _name(file: File) -> str:
    return file.path.rsplit("/", 1)[-1]


def _encoded(data: t.Mapping[str, str]) -> dict[str, str]:
    return {name: base64.b64encode(content.encode()).decode() for name, content in data.items()}
