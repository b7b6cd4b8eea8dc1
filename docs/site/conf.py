"""Sphinx's settings for the documentation site of the collection; scripts/site.sh builds it."""

from __future__ import annotations

import re
import typing as t

from docutils import nodes

if t.TYPE_CHECKING:
    from sphinx.addnodes import pending_xref
    from sphinx.application import Sphinx

project = "sysgenpro.odoo"
copyright = "SysGenPro"  # noqa: A001  # Sphinx's own name
title = "Ansible collection sysgenpro.odoo"
html_title = title
html_short_title = title
html_theme = "furo"
html_show_sphinx = False
html_static_path = ["static"]
html_css_files = ["site.css"]
extensions = ["sphinx_antsibull_ext"]
pygments_style = "ansible"
highlight_language = "YAML+Jinja"
default_role = "any"
# -- begins an option here, not an aside.
smartquotes = False

ANSIBLE = "https://docs.ansible.com/ansible/latest"
#: Labels of Ansible's own documentation that antsibull-docs refers to.
LABELS = {
    "action_plugins": "plugins/action.html",
    "callback_plugins": "plugins/callback.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
    "common_return_values": "reference_appendices/common_return_values.html",
}
OF_COLLECTION = re.compile(
    r"ansible_collections\.(?!sysgenpro\.odoo\.)([a-z0-9_]+)\.([a-z0-9_]+)\.([a-z0-9_.]+_[a-z]+)"
)
#: In titles and lists of antsibull-docs, which counts on smartquotes.
TITLE_DASH = re.compile(r"^(\* :ans\w+:`[^`\n]+`|.*) -- (?=:?[^\n]*\n(?:[-+=~^]{4,}$|\* :ans|$))", re.MULTILINE)
CONTENTS = re.compile(r"^\.\. contents::\n(?:   :.*\n)*", re.MULTILINE)


def link_to_ansible(_app: Sphinx, _env: object, node: pending_xref, shown: nodes.TextElement) -> nodes.reference | None:
    """Link what another collection or Ansible itself documents. Intersphinx would ask its site, and there may be no internet.

    What is of this collection is left to Sphinx, which warns where it is not there.
    """
    target = str(node.get("reftarget", ""))
    found = OF_COLLECTION.fullmatch(target)
    place = "collections/{}/{}/{}.html".format(*found.groups()) if found else LABELS.get(target)
    if place is None:
        return None
    return nodes.reference("", shown.astext(), refuri=f"{ANSIBLE}/{place}", internal=False)


def for_the_theme(_app: Sphinx, _page: str, source: list[str]) -> None:
    """The theme shows a page's contents beside it, and an error in place of a second list of them."""
    source[0] = TITLE_DASH.sub("\\1: ", CONTENTS.sub("", source[0]))


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("missing-reference", link_to_ansible)
    app.connect("source-read", for_the_theme)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
