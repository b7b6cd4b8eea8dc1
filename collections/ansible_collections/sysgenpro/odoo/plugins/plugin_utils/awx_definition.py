# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AWX is to hold, read from a directory of YAML files and checked against a JSON schema."""

from __future__ import annotations

import dataclasses
import typing as t

import yaml
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import OdooError

try:
    import jsonschema
except ImportError:  # said by read(), where somebody wants it
    jsonschema = None

if t.TYPE_CHECKING:
    from pathlib import Path

Document = dict[str, t.Any]

#: Below these keys a value may be a secret that somebody wrote in clear text: it is never repeated.
_SECRETIVE = ("inputs", "notification_configuration")
_SECRET_FORM = "must be plain data, or {secret: owner/name}"


class InvalidDefinition(OdooError):
    """The definition is refused; ``problems`` has every reason, sorted."""

    def __init__(self, problems: t.Iterable[str]) -> None:
        self.problems = sorted(set(problems))
        count = f"{len(self.problems)} problem" + ("s" if len(self.problems) > 1 else "")
        super().__init__("\n".join([f"The definition of AWX is refused, {count}:", *self.problems]))


@dataclasses.dataclass(frozen=True)
class Definition:
    """All files together. ``origins`` says in which file each item of a list stands, in the order of the list."""

    document: Document
    origins: dict[str, list[str]]

    def where(self, kind: str, index: int) -> str:
        """``workflows.yml: workflows 'Change tenants'``, for a message."""
        item = self.document[kind][index]
        name = item.get("name", index) if isinstance(item, dict) else index
        return f"{self.origins[kind][index]}: {kind} {name!r}"


def read(directory: Path, schema: Document) -> Definition:
    """Read every ``*.yml`` below a directory; each is a mapping, lists of the same name are put together.

    :raises InvalidDefinition: where a file is not readable as such, or what they say together does not fit the schema.
    :raises OdooError: where the Python library is missing.
    """
    if jsonschema is None:
        raise OdooError(
            "Failed to check the definition of AWX: the Python library jsonschema is missing",
            hint="Install it beside Ansible, as the collection's requirements.txt says",
        )
    definition = _put_together(directory)
    found = jsonschema.Draft202012Validator(schema).iter_errors(definition.document)
    problems = [_sentence(definition, error) for error in found]
    if problems:
        raise InvalidDefinition(problems)
    return definition


def _put_together(directory: Path) -> Definition:
    document: Document = {}
    origins: dict[str, list[str]] = {}
    problems: list[str] = []
    files = sorted(directory.rglob("*.yml"))
    if not files:
        raise InvalidDefinition(
            [
                f"awx_definition_path={directory}: must be a directory with *.yml files; it is looked for in {directory.cwd()}"
            ]
        )
    for path in files:
        name = path.relative_to(directory).as_posix()
        try:
            content = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            problems.append(f"{name}: is not YAML: {' '.join(str(error).split())}")
            continue
        if not isinstance(content, dict):
            problems.append(f"{name}: must be a mapping, is {type(content).__name__}")
            continue
        problems += _add(document, origins, name, content)
    if problems:
        raise InvalidDefinition(problems)
    return Definition(document, origins)


def _add(document: Document, origins: dict[str, list[str]], name: str, content: Document) -> list[str]:
    """Add one file's content and return what speaks against it."""
    problems = []
    for key, value in content.items():
        if isinstance(value, list) and isinstance(document.get(key, []), list):
            document.setdefault(key, []).extend(value)
            origins.setdefault(key, []).extend([name] * len(value))
        elif key in document:
            problems.append(f"{name}: {key} is said twice, in {', '.join(origins[key])} too")
        else:
            document[key] = value
            origins[key] = [name]
    return problems


def _sentence(definition: Definition, error: t.Any) -> str:
    """One line: file, kind, name, path, and what is accepted."""
    path = list(error.absolute_path)
    if len(path) > 1 and isinstance(path[1], int):
        where, rest = definition.where(str(path[0]), path[1]), path[2:]
    else:
        files = definition.origins.get(str(path[0]), []) if path else []
        where, rest = f"{files[0]}: {path[0]}" if files else "definition", path[1:]
    place = ".".join(str(part) for part in rest)
    return f"{where}{' ' if place else ''}{place}: {_accepted(error, rest)}"


def _accepted(error: t.Any, path: list[t.Any]) -> str:
    if path and path[0] in _SECRETIVE:
        return _SECRET_FORM
    if error.validator in ("oneOf", "anyOf"):
        alternatives = [" and ".join(entry["required"]) for entry in error.validator_value if "required" in entry]
        return f"must have exactly one of {', '.join(alternatives)}" if alternatives else error.message
    if error.validator == "not":
        return f"{', '.join(error.validator_value['required'])}: only for multiplechoice and multiselect"
    return str(error.message)
