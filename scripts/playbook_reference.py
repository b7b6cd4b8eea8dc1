#!/usr/bin/env python3
"""What the collection's playbooks are, and a page of the documentation site for each: playbook_reference.py DIRECTORY.

A page says what the comment at the top of a playbook says, its plays, and every variable that can be given: those that the
plays read themselves, and the options of the entry points of roles that they include.
"""

from __future__ import annotations

import dataclasses
import re
import sys
import typing as t
from pathlib import Path

import jinja2
import jinja2.nodes
import yaml

if t.TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
COLLECTION = ROOT / "collections/ansible_collections/sysgenpro/odoo"
PLAYBOOKS = COLLECTION / "playbooks"
DESCRIBED = Path(__file__).with_name("playbook_variables.yml")
FQCN = "sysgenpro.odoo"
MARKUP = re.compile(r"\b([OCVMPE])\(([^()]*)\)")
EXPRESSIONS = ("when", "that", "until", "failed_when", "changed_when")
#: What Ansible itself gives to every template.
GIVEN = frozenset({"groups", "hostvars", "inventory_hostname", "item", "lookup", "now", "omit", "query"})

Data = dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Variable:
    """A variable that can be given. ``spec`` is like an option of an argument specification."""

    name: str
    spec: Data
    of_role: str = ""
    entry: str = ""


@dataclasses.dataclass(frozen=True)
class Include:
    """A role's entry point that a play includes, and the options that the play sets itself."""

    role: str
    entry: str
    sets: Data

    def options(self) -> Data:
        text = (COLLECTION / "roles" / self.role / "meta/argument_specs.yml").read_text(encoding="utf-8")
        return dict(yaml.safe_load(text)["argument_specs"].get(self.entry, {}).get("options") or {})


@dataclasses.dataclass(frozen=True)
class Playbook:
    name: str
    description: str
    plays: list[Data]
    imports: list[str]
    includes: list[Include]
    variables: dict[str, Variable]


def read(name: str) -> Playbook:
    """Read one of the collection's playbooks; what it imports is looked at too."""
    text = (PLAYBOOKS / f"{name}.yml").read_text(encoding="utf-8")
    entries = yaml.safe_load(text)
    imports = [entry["ansible.builtin.import_playbook"] for entry in entries if "hosts" not in entry]
    plays = [entry for entry in entries if "hosts" in entry]
    includes = list(_includes(plays))
    variables = {entry.name: entry for entry in _variables(plays, includes)}
    for imported in imports:
        variables = {**read(imported.removeprefix(f"{FQCN}.")).variables, **variables}
    comment = re.match(r"---\n((?:#.*\n)*)", text)
    lines = comment.group(1).splitlines() if comment else []
    return Playbook(name, " ".join(line.lstrip("# ") for line in lines), plays, imports, includes, variables)


def names() -> list[str]:
    """Every playbook that a user runs, sorted: the others are imported and have none at the repository's top."""
    return sorted(path.stem for path in (ROOT / "playbooks").glob("*.yml"))


def _tasks(entries: list[Data]) -> Iterator[Data]:
    """Every task of plays and blocks."""
    for entry in entries:
        for key in ("tasks", "pre_tasks", "post_tasks", "block", "rescue", "always"):
            yield from _tasks(entry.get(key, []))
        yield entry


def _includes(plays: list[Data]) -> Iterator[Include]:
    for entry in _tasks(plays):
        for role in entry.get("roles", []):
            yield Include(role["role"].removeprefix(f"{FQCN}."), "main", role.get("vars", {}))
        for action in ("ansible.builtin.include_role", "ansible.builtin.import_role"):
            if action in entry:
                include = entry[action]
                yield Include(
                    include["name"].removeprefix(f"{FQCN}."), include.get("tasks_from", "main"), entry.get("vars", {})
                )


def _variables(plays: list[Data], includes: list[Include]) -> Iterator[Variable]:
    """Options of the included entry points, then what the plays read, which may stand for one of those."""
    stands_for: dict[str, Data] = {}
    for include in includes:
        options = include.options()
        for name, spec in options.items():
            if name not in include.sets:
                yield Variable(name, spec, include.role, include.entry)
        # backup: postgresql_backup_type: "{{ type | default('incr') }}"
        for name, value in include.sets.items():
            for read_by_play in _undeclared(str(value)):
                if name in options:
                    stands_for[read_by_play] = options[name]
    of_tenants = Include("odoo", "main", {}).options()
    described = yaml.safe_load(DESCRIBED.read_text(encoding="utf-8"))
    for name in sorted(_read(plays)):
        spec = described.get(name) or stands_for.get(name)
        if spec is not None and name not in of_tenants:
            yield Variable(name, spec)


def unexplained(name: str) -> set[str]:
    """Variables that a playbook's plays read and nobody describes."""
    playbook = read(name)
    of_tenants = set(Include("odoo", "main", {}).options())
    return _read(playbook.plays) - set(playbook.variables) - of_tenants


def _read(plays: list[Data]) -> set[str]:
    """Variables that plays read and do not make themselves."""
    found: set[str] = set()
    made: set[str] = set(GIVEN)
    for entry in _tasks(plays):
        made |= set(entry.get("vars", {})) | {entry.get("register", "")}
        made |= set(entry.get("ansible.builtin.set_fact", {})) | set(entry.get("ansible.builtin.add_host", {}))
        found |= _templates({key: value for key, value in entry.items() if key not in ("tasks", "block", "rescue")})
    return {name for name in found - made if not name.startswith(("__", "ansible_"))}


def _templates(value: t.Any, key: str = "") -> set[str]:
    if isinstance(value, dict):
        return set().union(*(_templates(entry, str(name)) for name, entry in value.items()))
    if isinstance(value, list):
        return set().union(*(_templates(entry, key) for entry in value))
    if not isinstance(value, str):
        return set()
    return _undeclared(f"{{{{ {value} }}}}" if key in EXPRESSIONS and "{{" not in value else value)


def _undeclared(template: str) -> set[str]:
    # Parsed only: compiling would ask for Ansible's filters.
    nodes = jinja2.Environment(autoescape=True).parse(template).find_all(jinja2.nodes.Name)
    return {node.name for node in nodes if node.ctx == "load"}


def _rst(text: str | list[str]) -> str:
    """Ansible's documentation markup as reStructuredText."""
    joined = text if isinstance(text, str) else " ".join(text)
    return MARKUP.sub(lambda match: f"``{match.group(2)}``", joined).replace("*", "\\*")


def _heading(text: str, line: str) -> list[str]:
    return [text, line * len(text), ""]


def page(playbook: Playbook) -> str:
    """The page of a playbook, in reStructuredText."""
    title = f"{FQCN}.{playbook.name} playbook"
    lines = [f".. _ansible_collections.{FQCN}.{playbook.name}_playbook:", "", *_heading(title, "=")]
    lines += [_rst(playbook.description), "", *_heading("Run it", "-"), ".. code-block:: console", ""]
    on_the_controller = all(play["hosts"] == "localhost" for play in playbook.plays) and not playbook.imports
    inventories = "" if on_the_controller else "-i inventories/catalogue -i inventories/<region> "
    lines += [f"    $ ansible-playbook {inventories}{FQCN}.{playbook.name}", ""]
    lines += [*_heading("What it does", "-"), *_plays(playbook), ""]
    lines += [*_heading("Variables", "-"), *_table(playbook)]
    return "\n".join(lines).rstrip() + "\n"


def _plays(playbook: Playbook) -> Iterator[str]:
    for imported in playbook.imports:
        yield f"#. imports :ref:`{imported} <ansible_collections.{imported}_playbook>`"
    for play in playbook.plays:
        yield f"#. {_rst(play['name'])}, on ``{play['hosts']}``"


def _table(playbook: Playbook) -> Iterator[str]:
    own = [entry for entry in playbook.variables.values() if not entry.of_role]
    entries = {(include.role, include.entry): include for include in playbook.includes if include.entry != "main"}
    options = [
        playbook.variables[name]
        for include in entries.values()
        for name in include.options()
        if name in playbook.variables
    ]
    rows = {entry.name: entry for entry in [*own, *options]}
    mains = sorted({include.role for include in playbook.includes})
    if rows:
        yield from (".. list-table::", "    :header-rows: 1", "    :widths: 30 10 15 45", "")
        yield from _row("variable", "type", "default", "meaning")
        for entry in rows.values():
            spec = entry.spec
            default = "required" if spec.get("required") else str(spec.get("default", ""))
            choices = (
                f" One of {', '.join(f'``{choice}``' for choice in spec['choices'])}." if "choices" in spec else ""
            )
            yield from _row(
                f"``{entry.name}``", spec.get("type", "str"), _rst(default), _rst(spec["description"]) + choices
            )
        yield ""
    for role in mains:
        yield f"The inventory's variables are those of the role :ansplugin:`{FQCN}.{role}#role`."
        yield ""
    if not rows and not mains:
        yield "None of its own."


def _row(*cells: str) -> Iterator[str]:
    for number, cell in enumerate(cells):
        yield f"    {'*' if number == 0 else ' '} - {cell}".rstrip()


def index(playbooks: list[Playbook]) -> str:
    """The page that lists all, in reStructuredText."""
    lines = [
        *_heading("Playbooks", "="),
        "Each is run by its full name, or by the file of the same name in the repository.",
        "",
    ]
    for playbook in playbooks:
        reference = f":ref:`{playbook.name} <ansible_collections.{FQCN}.{playbook.name}_playbook>`"
        lines.append(f"* {reference}: {_rst(playbook.description)}")
    lines += [
        "",
        ".. toctree::",
        "    :hidden:",
        "",
        *[f"    {each.name} <{each.name}_playbook>" for each in playbooks],
    ]
    return "\n".join(lines) + "\n"


def write(directory: Path) -> None:
    """Write all pages below a directory."""
    directory.mkdir(parents=True, exist_ok=True)
    playbooks = [read(path.stem) for path in sorted(PLAYBOOKS.glob("*.yml"))]
    for playbook in playbooks:
        (directory / f"{playbook.name}_playbook.rst").write_text(page(playbook), encoding="utf-8")
    (directory / "index.rst").write_text(index(playbooks), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
