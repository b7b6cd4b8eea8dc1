"""Sphinx's settings for the documentation site of the collection; scripts/site.sh builds it."""

project = "sysgenpro.odoo"
copyright = "SysGenPro"  # noqa: A001  # Sphinx's own name
title = "Ansible collection sysgenpro.odoo"
html_title = title
html_short_title = title
html_theme = "furo"
html_show_sphinx = False
extensions = ["sphinx_antsibull_ext"]
pygments_style = "ansible"
highlight_language = "YAML+Jinja"
default_role = "any"
nitpicky = False
# Pages of other projects are not looked up: the site is built where there is no internet.
intersphinx_mapping: dict[str, tuple[str, str | None]] = {}
