# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: image_plan
short_description: The images to have, named after what they are built from
version_added: 0.1.0
author: SysGenPro (@sysgenpro)
description:
  - Returns one dictionary for each component, parents first, with the image's name and tag. The tag ends in the first digits of
    a hash of everything the image is built from, so that a host has the image exactly when it has the tag.
  - Reads files of the controller and touches nothing else.
options:
  _terms:
    description: Components. The base image is added.
    required: true
    type: list
    elements: str
  definitions:
    description: By component C(version), C(title), C(arguments) of the build, and C(folders) of the context beside its own.
    required: true
    type: dict
  files:
    description: The folder with the build context.
    required: true
    type: path
  prefix:
    description: First part of the names of images.
    type: str
    default: sysgenpro
  revision:
    description: A part of every hash; a new value rebuilds all images.
    type: str
    default: ""
  addons:
    description: Add-ons to bake into the Odoo image, in the forms of P(sysgenpro.odoo.images#role)'s C(images_odoo_addons).
    type: list
    elements: raw
    default: []
seealso:
  - plugin: sysgenpro.odoo.image
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Show the images of a small region
  ansible.builtin.debug:
    msg: "{{ query('sysgenpro.odoo.image_plan', 'etcd', 'redis', definitions=definitions, files=role_path ~ '/files') }}"
"""

RETURN = r"""
_list:
  description:
    - Dictionaries with C(component), C(image), C(input_hash), C(title), C(version), C(arguments), C(labels) and C(addons).
  type: list
  elements: dict
"""

import typing as t

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible_collections.sysgenpro.odoo.plugins.module_utils._images import addons
from ansible_collections.sysgenpro.odoo.plugins.module_utils._images.plan import plan
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import OdooError


class LookupModule(LookupBase):
    def run(
        self, terms: list[str], variables: dict[str, t.Any] | None = None, **kwargs: t.Any
    ) -> list[dict[str, t.Any]]:
        self.set_options(var_options=variables, direct=kwargs)
        try:
            planned = plan(
                terms,
                self.get_option("definitions"),
                files=self.get_option("files"),
                prefix=self.get_option("prefix"),
                revision=self.get_option("revision"),
                addons=addons.parse(self.get_option("addons"), variable="images_odoo_addons"),
            )
        except (OdooError, OSError) as error:
            raise AnsibleLookupError(str(error)) from None
        return [image.as_dict() for image in planned]
