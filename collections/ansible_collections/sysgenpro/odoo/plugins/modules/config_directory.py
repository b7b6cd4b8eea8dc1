#!/usr/bin/python
# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: config_directory
short_description: Keep the files of a service's configuration directory
version_added: 0.1.0
author: SysGenPro (@sysgenpro)
description:
  - Writes a directory and a set of files in one call, where M(ansible.builtin.copy) needs two calls for each file.
  - Each file is replaced in one step, so that a service never reads half of one.
  - Files that are not named are left alone.
attributes:
  check_mode:
    description: Can run in check mode and report what would change.
    support: full
  diff_mode:
    description: Shows the difference of O(files); of O(secret_files) only the names.
    support: full
options:
  path:
    description: The directory, made with its parents where it is missing.
    type: path
    required: true
  owner:
    description: User (name or number) that owns the directory and its files.
    type: str
    default: root
  group:
    description: Group (name or number) of the directory and its files.
    type: str
    default: root
  directory_mode:
    description: Mode of the directory.
    type: str
    default: "0750"
  file_mode:
    description: Mode of the files.
    type: str
    default: "0640"
  files:
    description: Content of each file by its name; names hold no slash.
    type: dict
    default: {}
  secret_files:
    description: The same for files whose content appears in no output.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Configure etcd
  sysgenpro.odoo.config_directory:
    path: /etc/sysgenpro/db1/etcd
    group: "999"
    files:
      etcd.yml: "{{ lookup('ansible.builtin.template', 'etcd.yml.j2') }}"
    secret_files:
      server.pem: "{{ certificate.private_key ~ certificate.certificate }}"
"""

RETURN = r"""
changed_files:
  description: Names of the files whose content was written, in alphabetical order.
  returned: always
  type: list
  elements: str
"""

import os
import tempfile
import typing as t
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._support.errors import OdooError
from ..module_utils._support.results import run


def desired_content(files: dict[str, t.Any], secret_files: dict[str, t.Any]) -> dict[str, bytes]:
    """Bytes by file name; raises OdooError for a name that is no plain file name or stands in both maps."""
    for name in (*files, *secret_files):
        if "/" in name or name in ("", ".", ".."):
            raise OdooError(f"{name!r} is not a file name")
    if both := sorted(files.keys() & secret_files.keys()):
        raise OdooError(f"{', '.join(both)}: named in files and in secret_files")
    return {name: str(text).encode() for name, text in (*files.items(), *secret_files.items())}


def observed_content(directory: Path, names: t.Iterable[str]) -> dict[str, bytes]:
    """Bytes of those named files that exist."""
    return {name: (directory / name).read_bytes() for name in names if (directory / name).is_file()}


def replace(module: AnsibleModule, target: Path, content: bytes, mode: str) -> None:
    """Put content in place in one step, with its mode from the first moment."""
    descriptor, draft = tempfile.mkstemp(prefix=f".{target.name}.", dir=str(target.parent))
    module.add_cleanup_file(draft)
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(content)
    os.chmod(draft, int(mode, 8))
    module.atomic_move(draft, str(target))


def converge(module: AnsibleModule) -> dict[str, t.Any]:
    parameters = module.params
    directory = Path(parameters["path"])
    desired = desired_content(parameters["files"], parameters["secret_files"])
    observed = observed_content(directory, desired)
    changed_files = sorted(name for name, content in desired.items() if observed.get(name) != content)
    made = not directory.is_dir()
    if not module.check_mode:
        directory.mkdir(mode=int(parameters["directory_mode"], 8), parents=True, exist_ok=True)
        for name in changed_files:
            replace(module, directory / name, desired[name], parameters["file_mode"])
    attributes = fix_attributes(module, directory, sorted(desired)) if directory.is_dir() else False
    return {
        "changed": made or bool(changed_files) or attributes,
        "changed_files": changed_files,
        "diff": [difference(directory, name, observed, desired, parameters["secret_files"]) for name in changed_files],
    }


def fix_attributes(module: AnsibleModule, directory: Path, names: list[str]) -> bool:
    """Owner, group and mode of the directory and the files that exist; True when one of them was wrong."""
    modes = {directory: module.params["directory_mode"]}
    modes.update({directory / name: module.params["file_mode"] for name in names if (directory / name).exists()})
    changed = False
    for path, mode in modes.items():
        changed = module.set_owner_if_different(str(path), module.params["owner"], changed)
        changed = module.set_group_if_different(str(path), module.params["group"], changed)
        changed = module.set_mode_if_different(str(path), int(mode, 8), changed)
    return changed


def difference(
    directory: Path, name: str, observed: dict[str, bytes], desired: dict[str, bytes], secret: dict[str, t.Any]
) -> dict[str, str]:
    header = str(directory / name)
    if name in secret:
        return {"before_header": header, "after_header": header, "before": "(secret)\n", "after": "(new secret)\n"}
    return {
        "before_header": header,
        "after_header": header,
        "before": observed.get(name, b"").decode(errors="replace"),
        "after": desired[name].decode(),
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "owner": {"type": "str", "default": "root"},
            "group": {"type": "str", "default": "root"},
            "directory_mode": {"type": "str", "default": "0750"},
            "file_mode": {"type": "str", "default": "0640"},
            "files": {"type": "dict", "default": {}},
            "secret_files": {"type": "dict", "default": {}, "no_log": True},
        },
        supports_check_mode=True,
    )
    run(module, f"write {module.params['path']}", lambda: converge(module))


if __name__ == "__main__":
    main()
