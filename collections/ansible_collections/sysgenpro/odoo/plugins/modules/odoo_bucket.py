# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: odoo_bucket
short_description: Manage a bucket and its identity in the region's SeaweedFS
version_added: 0.1.0
author: SysGenPro (@sysgenpro)
description:
  - Keeps one bucket, one identity with one key, and a policy of the identity's name that allows O(actions) on that
    bucket and nothing else.
  - The identity can neither switch versioning off nor change lifecycle rules, policies or ACLs, and what it deletes
    stays as an older version.
  - Runs on the host of the SeaweedFS container. Observes first and writes only what differs.
  - Secret keys are passed on standard input, and appear neither in results nor in diffs.
attributes:
  check_mode:
    description: Predicts what would change and writes nothing.
    support: full
  diff_mode:
    description: Shows bucket, identity and policy before and after; of a secret key only whether it changes.
    support: full
options:
  state:
    description:
      - Whether bucket, identity and policy exist.
      - V(absent) on a bucket that holds objects, or older versions of objects, is an error unless O(force) is set.
    type: str
    choices: [present, absent]
    default: present
  bucket:
    description: Name of the bucket.
    type: str
    required: true
  identity:
    description: Name of the identity and of its policy. The name of the bucket where unset.
    type: str
  access_key:
    description: Access key of the identity, unique in the service. Required for O(state=present).
    type: str
  secret_key:
    description: Secret key of the identity, 16 to 128 characters. Required for O(state=present).
    type: str
  actions:
    description: What the identity may do with the bucket and its objects.
    type: list
    elements: str
    choices: [Read, Write, List, Tagging]
    default: [Read, Write, List, Tagging]
  versioning:
    description: Whether the bucket keeps older versions; V(false) suspends versioning where it was on.
    type: bool
    default: true
  object_lock:
    description:
      - Whether objects may be given a retention that nobody can shorten. Brings O(versioning) with it.
      - Once on, it stays on; V(false) leaves it as it is.
    type: bool
    default: false
  lock_days:
    description:
      - Days for which nobody can delete a version once written, not even with the administrator's key. Brings O(object_lock)
        with it and needs O(endpoint).
      - Versions that are there already keep the retention they have. Unset leaves the bucket's retention as it is.
    type: int
  noncurrent_days:
    description:
      - Days after which a version that is no longer the newest is removed, by the service's lifecycle. Needs O(endpoint).
      - Not less than what recovery points and O(lock_days) need. Unset leaves the bucket's rules as they are.
    type: int
  also_read:
    description: Names or patterns of other buckets that the identity may read and list.
    type: list
    elements: str
    default: []
  never_read:
    description: Buckets that a pattern in O(also_read) matches and that stay closed to the identity.
    type: list
    elements: str
    default: []
  endpoint:
    description: Address of S3 with its scheme, as this host reaches it.
    type: str
    default: ""
  ca_file:
    description: File on this host with the CA of O(endpoint).
    type: path
    default: /etc/sysgenpro/ca.crt
  force:
    description: Let O(state=absent) delete a bucket with everything in it.
    type: bool
    default: false
  container:
    description: Name of the SeaweedFS container on this host.
    type: str
    required: true
  master:
    description: Address of the SeaweedFS master as seen inside the container.
    type: str
    default: 127.0.0.1:9333
  timeout:
    description: Seconds to wait for one conversation with the service.
    type: float
    default: 60
"""

EXAMPLES = r"""
- name: Give a tenant its bucket
  sysgenpro.odoo.odoo_bucket:
    bucket: local-acme-production
    access_key: "{{ lookup('sysgenpro.odoo.secret', 'acme_production/s3_access_key') }}"
    secret_key: "{{ lookup('sysgenpro.odoo.secret', 'acme_production/s3_secret_key') }}"
    container: local-s31-seaweedfs
  delegate_to: s31

- name: Remove it with every object
  sysgenpro.odoo.odoo_bucket:
    bucket: local-acme-production
    state: absent
    force: true
    container: local-s31-seaweedfs
  delegate_to: s31
"""

RETURN = r"""
bucket:
  description: Bucket, identity and policy as observed after the run, as wished in check mode.
  type: dict
  returned: success
  contains:
    bucket:
      description: Name of the bucket.
      type: str
    exists:
      description: Whether it exists.
      type: bool
    versioning:
      description: Whether it keeps older versions.
      type: bool
    object_lock:
      description: Whether its objects may be given a retention.
      type: bool
    lock_days:
      description: Days for which a new version is locked; null where it is not.
      type: int
    noncurrent_days:
      description: Days after which older versions are removed; null where they stay.
      type: int
    identity:
      description: The identity with its access keys and grants; null where there is none.
      type: dict
    policy:
      description: The identity's policy; null where there is none.
      type: dict
steps:
  description: What was done, in order, or would be in check mode.
  type: list
  elements: dict
  returned: success
  contains:
    action:
      description: The write, for example V(create_bucket).
      type: str
    target:
      description: The bucket, identity or access key it concerns.
      type: str
    cause:
      description: Why.
      type: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters import seaweedfs
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge import bucket as runner
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model import bucket as model
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support import results

ARGUMENTS = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "bucket": {"type": "str", "required": True},
    "identity": {"type": "str"},
    "access_key": {"type": "str", "no_log": False},
    "secret_key": {"type": "str", "no_log": True},
    "actions": {"type": "list", "elements": "str", "choices": list(model.ACTIONS), "default": list(model.ACTIONS)},
    "versioning": {"type": "bool", "default": True},
    "object_lock": {"type": "bool", "default": False},
    "lock_days": {"type": "int"},
    "noncurrent_days": {"type": "int"},
    "also_read": {"type": "list", "elements": "str", "default": []},
    "never_read": {"type": "list", "elements": "str", "default": []},
    "endpoint": {"type": "str", "default": ""},
    "ca_file": {"type": "path", "default": "/etc/sysgenpro/ca.crt"},
    "force": {"type": "bool", "default": False},
    "container": {"type": "str", "required": True},
    "master": {"type": "str", "default": "127.0.0.1:9333"},
    "timeout": {"type": "float", "default": 60},
}
#: Options that say what the bucket should be.
WANTED = (
    *("bucket", "access_key", "secret_key", "actions", "versioning", "object_lock"),
    *("lock_days", "noncurrent_days", "also_read", "never_read"),
)


def main() -> None:
    module = AnsibleModule(
        ARGUMENTS, supports_check_mode=True, required_if=[("state", "present", ["access_key", "secret_key"])]
    )
    given = module.params
    identity = given["identity"] or given["bucket"]

    def work() -> dict[str, object]:
        store = seaweedfs.SeaweedFS(
            seaweedfs.docker_exec(module.run_command, given["container"], timeout=given["timeout"]),
            master=given["master"],
            endpoint=given["endpoint"],
            ca_file=given["ca_file"],
        )
        if given["state"] == "absent":
            model.check_names(given["bucket"], identity)
            return runner.absent(store, given["bucket"], identity, force=given["force"], check_mode=module.check_mode)
        wanted = {key: given[key] for key in WANTED}
        return runner.present(store, model.desired_state(identity=identity, **wanted), check_mode=module.check_mode)

    results.run(module, f"manage the bucket {given['bucket']}", work)


if __name__ == "__main__":
    main()
