#!/usr/bin/python
# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: package_sources_info
short_description: Tell where a Debian host gets packages from
version_added: 0.1.0
author: SysGenPro (@sysgenpro)
description:
  - Reads the host's own configuration of apt and pip, so that images built on it ask the same servers.
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  platform:
    platforms: debian
"""

EXAMPLES = r"""
- name: Ask for the host's package servers
  sysgenpro.odoo.package_sources_info:
  register: sources
  no_log: true # the address of a package index may hold a password
"""

RETURN = r"""
mirrors:
  description: Servers of Debian packages as C(main), C(updates) and C(security), as far as the host has them.
  returned: always
  type: dict
  sample: {"main": "https://mirror.example.com/debian"}
apt_configuration:
  description: Lines of apt's configuration that say how to reach servers, for example a proxy.
  returned: always
  type: list
  elements: str
pip_configuration:
  description: The host's package index as the text of a configuration file for pip.
  returned: always
  type: str
ca_certificates:
  description: Certificates of authorities the host trusts beside Debian's own.
  returned: always
  type: list
  elements: path
"""

import os
import typing as t
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._images import sources
from ..module_utils._support.results import run

APT = (("/etc/apt", "sources.list"), ("/etc/apt/sources.list.d", "*.list"), ("/etc/apt/sources.list.d", "*.sources"))
PIP = ("/etc/xdg/pip/pip.conf", "/etc/pip.conf")
PIP_OF_USER = (".pip/pip.conf", ".config/pip/pip.conf")
CA_CERTIFICATES = "/usr/local/share/ca-certificates"


def read_all(paths: t.Iterable[Path]) -> dict[str, str]:
    """Texts by name, of the files that exist."""
    return {str(path): path.read_text(encoding="utf-8", errors="replace") for path in paths if path.is_file()}


def codename() -> str:
    """The Debian release of this host, empty on another system."""
    lines = Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
    release = {key: value.strip('"') for key, _equals, value in (line.partition("=") for line in lines)}
    return release.get("VERSION_CODENAME", "") if release.get("ID") == "debian" else ""


def observe(module: AnsibleModule) -> dict[str, t.Any]:
    apt_files = read_all(path for folder, pattern in APT for path in Path(folder).glob(pattern))
    pip_paths = [*map(Path, PIP), *(Path.home() / name for name in PIP_OF_USER)]
    if os.environ.get("PIP_CONFIG_FILE"):
        pip_paths.append(Path(os.environ["PIP_CONFIG_FILE"]))
    _status, dump, _errors = module.run_command(["apt-config", "dump", "Acquire"], check_rc=True)
    return {
        "changed": False,
        "mirrors": sources.mirrors(sources.parse_files(apt_files), codename()),
        "apt_configuration": sources.acquire_options(dump),
        "pip_configuration": sources.pip_configuration(sources.pip_options(read_all(pip_paths).values(), os.environ)),
        "ca_certificates": sorted(str(path) for path in Path(CA_CERTIFICATES).glob("**/*.crt")),
    }


def main() -> None:
    module = AnsibleModule(argument_spec={}, supports_check_mode=True)
    run(module, "read where packages come from", lambda: observe(module))


if __name__ == "__main__":
    main()
