#!/usr/bin/python
# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: postgresql_restore
short_description: Bring a cluster's backup back as a server of its own
version_added: 0.1.0
author: SysGenPro (@sysgenpro)
description:
  - Restores a backup of pgBackRest and its WAL to a point in time, in containers beside the cluster it was taken from, which
    is not touched.
  - With O(databases) the content of those alone is fetched, which makes one tenant of a large cluster a matter of seconds.
  - The server opens for writing when it has reached its target, and archives nothing.
  - A run that was cut off goes on where it was.
requirements:
  - Docker Engine on the host the module runs on
options:
  state:
    description:
      - Whether the restored cluster is there. V(absent) removes it with its data.
      - V(kept) only says where the one is that stands, whatever it was restored to, and fails where there is none.
    type: str
    choices: [present, kept, absent]
    default: present
  name:
    description: Name of the restored cluster, a-z, 0-9 and _.
    type: str
    required: true
  region:
    description: Name of the region.
    type: str
    required: true
  image:
    description: Image of the component C(postgresql). Required by O(state=present).
    type: str
    default: ""
  stanza:
    description: pgBackRest's stanza, the name of the cluster.
    type: str
    default: ""
  repositories:
    description: The repositories of the stanza, in their order. Keys that can read and list are enough.
    type: list
    elements: dict
    default: []
    suboptions:
      host:
        description: Name or address of the object storage.
        type: str
        required: true
      port:
        description: Port of the object storage.
        type: int
        default: 443
      bucket:
        description: Name of the bucket.
        type: str
        required: true
      region:
        description: Region of the object storage, as its requests are signed with it.
        type: str
        default: us-east-1
      access_key:
        description: Access key of an identity that reads the bucket.
        type: str
        required: true
      secret_key:
        description: Secret key of the identity.
        type: str
        required: true
  cipher:
    description: What the backups are encrypted with.
    type: str
    default: ""
  ca:
    description: CA of the object storage, PEM; the container has it at /etc/pgbackrest/ca.crt.
    type: str
    default: ""
  certificate:
    description: Certificate of the restored server, PEM.
    type: str
    default: ""
  private_key:
    description: Key of the certificate, PEM.
    type: str
    default: ""
  repository:
    description: Number of the repository to restore from.
    type: int
    default: 1
  databases:
    description:
      - Databases whose content is restored; all where empty.
      - All too where one of them was made after the backup that the restore begins with.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the database.
        type: str
        required: true
      oid:
        description: OID it had at the target, which tells it from another of the same name in the backup. Any where V(0).
        type: int
        default: 0
  target_lsn:
    description: Recover to this LSN, for example that of a recovery point.
    type: str
    default: ""
  target_time:
    description: Recover to this time, with its offset from UTC, for example C(2026-01-31 12:00:00+00:00).
    type: str
    default: ""
  target_timeline:
    description: Timeline to recover along. The newest where unset.
    type: str
    default: latest
  address:
    description: Address to listen on. In a O(network) of its own the container gets this address.
    type: str
    default: 127.0.0.1
  port:
    description: Port to listen on. Where V(0), one of 5600 to 5699 that follows from the name.
    type: int
    default: 0
  access:
    description: Who may log in over TLS, with the password the role had at the target where no other is given.
    type: list
    elements: dict
    default: []
    suboptions:
      database:
        description: The database.
        type: str
        required: true
      user:
        description: The role.
        type: str
        required: true
      verifier:
        description: SCRAM verifier of the role's password, where it changed since. See P(sysgenpro.odoo.scram_verifier#filter).
        type: str
  memory_mb:
    description: Memory of the server in MiB.
    type: int
    default: 1024
  network:
    description: Docker network to attach to; the host's own where unset.
    type: str
  volume:
    description:
      - Docker volume of a stopped member to restore in place, for a whole cluster that goes back in time. What is in it is
        overwritten. O(state=absent) shuts the server down and leaves the volume.
    type: str
  path:
    description: Directory on the host for the data of restored clusters.
    type: path
    default: /var/lib/sysgenpro/restores
  timeout:
    description: Seconds until the server must have recovered.
    type: float
    default: 1800
attributes:
  check_mode:
    description: Says whether a cluster would be restored or removed.
    support: full
  diff_mode:
    description: A restored cluster has no earlier state to compare with.
    support: none
"""

EXAMPLES = r"""
- name: One tenant as it was at a recovery point
  sysgenpro.odoo.postgresql_restore:
    name: acme_production
    region: eu-west
    image: "{{ lookup('sysgenpro.odoo.image', 'postgresql') }}"
    stanza: shared
    repositories:
      - host: s3.example.com
        bucket: eu-west-backups
        access_key: "{{ lookup('sysgenpro.odoo.secret', 'object_storage/backups_reader_access_key') }}"
        secret_key: "{{ lookup('sysgenpro.odoo.secret', 'object_storage/backups_reader_secret_key') }}"
    cipher: "{{ lookup('sysgenpro.odoo.secret', 'postgresql/shared/backup_cipher') }}"
    databases: [{name: acme_production, oid: 16512}]
    target_lsn: 0/5000148
    access:
      - {database: acme_production, user: acme_production}
"""

RETURN = r"""
id:
  description: Tells this restore from another of the same target.
  type: str
  returned: when state is not absent
container:
  description: Name of the server's container.
  type: str
  returned: when state is not absent
host:
  description: Address it listens on.
  type: str
  returned: when state is not absent
port:
  description: Port it listens on.
  type: int
  returned: when state is not absent
target:
  description: Type and value of the target.
  type: dict
  returned: when state is not absent
backup:
  description: Label of the backup it began with.
  type: str
  returned: when state is not absent
databases:
  description: Databases that were restored alone; empty for all.
  type: list
  elements: str
  returned: when state is not absent
seconds:
  description: Seconds of C(fetch) and C(recover), where this run did them.
  type: dict
  returned: when state is not absent
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters.docker_engine import DockerEngine
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge.restore import RestoredCluster
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model import restore as model
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render import restore as render
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.results import run

ARGUMENTS = {
    "state": {"type": "str", "choices": ["present", "kept", "absent"], "default": "present"},
    "name": {"type": "str", "required": True},
    "region": {"type": "str", "required": True},
    **{name: {"type": "str", "default": ""} for name in ("image", "stanza", "ca", "certificate")},
    **{name: {"type": "str", "default": "", "no_log": True} for name in ("cipher", "private_key")},
    "repositories": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            **{name: {"type": "str", "required": True} for name in ("host", "bucket")},
            "port": {"type": "int", "default": 443},
            "region": {"type": "str", "default": "us-east-1"},
            "access_key": {"type": "str", "required": True, "no_log": False},
            "secret_key": {"type": "str", "required": True, "no_log": True},
        },
    },
    "repository": {"type": "int", "default": 1},
    "databases": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {"name": {"type": "str", "required": True}, "oid": {"type": "int", "default": 0}},
    },
    "target_lsn": {"type": "str", "default": ""},
    "target_time": {"type": "str", "default": ""},
    "target_timeline": {"type": "str", "default": "latest"},
    "address": {"type": "str", "default": "127.0.0.1"},
    "port": {"type": "int", "default": 0},
    "access": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "database": {"type": "str", "required": True},
            "user": {"type": "str", "required": True},
            "verifier": {"type": "str", "no_log": True},
        },
    },
    "memory_mb": {"type": "int", "default": 1024},
    "network": {"type": "str"},
    "volume": {"type": "str"},
    "path": {"type": "path", "default": "/var/lib/sysgenpro/restores"},
    "timeout": {"type": "float", "default": 1800},
}


def main() -> None:
    module = AnsibleModule(ARGUMENTS, supports_check_mode=True)
    given = module.params

    def work() -> dict[str, object]:
        restore = model.parse(given)
        cluster = RestoredCluster(DockerEngine(timeout=7200), restore, given["timeout"])
        if given["state"] == "absent":
            return cluster.absent(check=module.check_mode)
        if given["state"] == "kept":
            return cluster.kept()
        secrets = {name: given[name] for name in ("ca", "certificate", "private_key")}
        return cluster.present(render.files(restore, **secrets), check=module.check_mode)

    verb = {"present": "restore", "kept": "find the restored", "absent": "remove the restored"}[given["state"]]
    run(module, f"{verb} cluster {given['name']}", work)


if __name__ == "__main__":
    main()
