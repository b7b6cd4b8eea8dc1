#!/usr/bin/env python3
"""Write the generated part of each role's README from its argument_specs: role_readme.py [--check] [ROLE…].

The part stands between two markers; text outside them is the author's and stays. A README that is missing is made.
With --check nothing is written, and the exit status is 1 where a README is not up to date.
"""

from __future__ import annotations

import argparse
import re
import sys
import typing as t
from pathlib import Path

import yaml

ROLES = Path(__file__).resolve().parents[1] / "collections/ansible_collections/sysgenpro/odoo/roles"
BEGIN = "<!-- variables: written by scripts/role_readme.py from meta/argument_specs.yml -->"
END = "<!-- end of variables -->"
MARKUP = re.compile(r"\b([OCVMPE])\(([^()]*)\)")


def plain(text: str) -> str:
    """Return Ansible's documentation markup as Markdown."""
    return MARKUP.sub(lambda match: f"`{match.group(2)}`", text).replace("|", "\\|")


def paragraphs(description: str | list[str]) -> list[str]:
    """Return a description, which may be one text or a list of them, as a list."""
    return [plain(entry) for entry in ([description] if isinstance(description, str) else description)]


def type_name(option: dict[str, t.Any]) -> str:
    """Return an option's type, ``list of str``."""
    return f"list of {option['elements']}" if "elements" in option else str(option.get("type", "str"))


def default(option: dict[str, t.Any]) -> str:
    """Return the cell that says what happens where the option is not given."""
    if option.get("required"):
        return "required"
    value = option.get("default")
    if value is None:
        return ""
    if isinstance(value, list):
        return f"`[{', '.join(str(entry) for entry in value)}]`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def rows(options: dict[str, t.Any], prefix: str = "") -> t.Iterator[str]:
    """Yield a table row for each option and, below it, for each of its suboptions."""
    for name, option in options.items():
        text = " ".join(paragraphs(option["description"]))
        if "choices" in option:
            text += f" One of {', '.join(f'`{choice}`' for choice in option['choices'])}."
        yield f"| `{prefix}{name}` | {type_name(option)} | {default(option)} | {text} |"
        yield from rows(option.get("options", {}), prefix=f"{prefix}{name}.")


def generated(specs: dict[str, t.Any]) -> str:
    """Return the part between the markers for every entry point of a role."""
    lines = [BEGIN]
    for entry, spec in specs.items():
        lines += ["", "## Variables" if entry == "main" else f"## Variables of the entry point `{entry}`", ""]
        for paragraph in paragraphs(spec.get("description", [])):
            lines += [paragraph, ""]
        if spec.get("options"):
            lines += ["| variable | type | default | meaning |", "| --- | --- | --- | --- |", *rows(spec["options"])]
        else:
            lines.append("None.")
    return "\n".join([*lines, "", END])


def readme(role: Path) -> str:
    """Return the README a role should have."""
    specs = yaml.safe_load((role / "meta/argument_specs.yml").read_text())["argument_specs"]
    path = role / "README.md"
    text = (
        path.read_text()
        if path.exists()
        else f"# sysgenpro.odoo.{role.name}\n\n{plain(specs['main']['short_description'])}.\n"
    )
    before, found, rest = text.partition(BEGIN)
    after = rest.partition(END)[2] if found else "\n"
    return f"{before.rstrip()}\n\n{generated(specs)}{after}"


def main() -> int:
    """Write or check the READMEs and return the exit status."""
    parser = argparse.ArgumentParser(description="Write the generated part of the roles' READMEs.")
    parser.add_argument("roles", nargs="*", metavar="role")
    parser.add_argument("--check", action="store_true", help="write nothing, fail where something would change")
    arguments = parser.parse_args()
    names = arguments.roles or sorted(path.parents[1].name for path in ROLES.glob("*/meta/argument_specs.yml"))
    stale = 0
    for name in names:
        path = ROLES / name / "README.md"
        wanted = readme(ROLES / name)
        if path.exists() and path.read_text() == wanted:
            continue
        stale += 1
        print(f"{name}: {'not up to date' if arguments.check else 'written'}")
        if not arguments.check:
            path.write_text(wanted)
    return 1 if arguments.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
