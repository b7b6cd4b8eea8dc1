"""What an execution environment is built from: the context that ansible-builder makes, and whether it is all that is needed."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import subprocess
import sys
import typing as t

import pytest
import yaml

from .conftest import ROOT, Installed

if t.TYPE_CHECKING:
    from pathlib import Path

COLLECTION = ROOT / "collections/ansible_collections/sysgenpro/odoo"
#: Debian packages that hold the programs of tasks on the controller.
PROGRAMS = {"tar": "tar", "ssh": "openssh-client"}


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The build context."""
    directory = tmp_path_factory.mktemp("context")
    command = ["ansible-builder", "create", "--file", "execution-environment.yml", "--context", str(directory)]
    command += ["--output-filename", "Containerfile"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return directory


def lines(path: Path) -> list[str]:
    return [line for line in path.read_text().splitlines() if line and not line.startswith("#")]


def test_the_context_holds_what_the_repository_says(context: Path) -> None:
    build = context / "_build"
    assert yaml.safe_load((build / "requirements.yml").read_text()) == yaml.safe_load(
        (ROOT / "requirements.yml").read_text()
    )
    assert lines(build / "requirements.txt") == lines(COLLECTION / "requirements.txt")
    assert lines(build / "bindep.txt") == lines(COLLECTION / "bindep.txt")


def test_the_base_is_given_at_build_time(context: Path) -> None:
    text = (context / "Containerfile").read_text()
    assert re.search(r"^ARG EE_BASE_IMAGE=", text, re.MULTILINE)
    assert re.search(r"^FROM \$EE_BASE_IMAGE", text, re.MULTILINE)


def test_the_image_runs_the_core_and_the_runner_that_are_tested(context: Path) -> None:
    said = 'ARG ANSIBLE_INSTALL_REFS="ansible-core>=2.21,<2.22 ansible-runner"'
    assert said in (context / "Containerfile").read_text()
    if sys.version_info >= (3, 12):
        assert importlib.metadata.version("ansible-core").startswith("2.21.")


def test_builder_finds_the_same_in_the_installed_collection(installed: Installed, tmp_path: Path) -> None:
    """``meta/execution-environment.yml`` leads an image that has the collection from Galaxy to its requirements."""
    pip, bindep = tmp_path / "pip", tmp_path / "bindep"
    command = ["ansible-builder", "introspect", "--write-pip", str(pip), "--write-bindep", str(bindep)]
    done = subprocess.run([*command, str(installed.collections)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    wanted = lines(COLLECTION / "requirements.txt")
    assert [name for name in wanted if not any(line.startswith(name) for line in lines(pip))] == []
    assert [
        line
        for line in lines(COLLECTION / "bindep.txt")
        if not any(line.split()[0] in found for found in lines(bindep))
    ] == []


def imported() -> dict[str, set[str]]:
    """Top-level modules that plugins import, each with the files that do."""
    found: dict[str, set[str]] = {}
    for path in (COLLECTION / "plugins").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names: t.Iterable[str] = ()
            if isinstance(node, ast.Import):
                names = (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = (node.module or "",)
            for name in names:
                found.setdefault(name.split(".")[0], set()).add(path.name)
    return found


def test_every_library_that_plugins_import_is_required() -> None:
    of_core = {re.split(r"[^\w.-]", entry)[0].lower() for entry in importlib.metadata.requires("ansible-core") or []}
    required = {name.lower() for name in lines(COLLECTION / "requirements.txt")} | of_core
    distributions = importlib.metadata.packages_distributions()
    own = {"ansible", "ansible_collections", *sys.stdlib_module_names}
    missing = {
        module: sorted(files)
        for module, files in imported().items()
        if module not in own and not {name.lower() for name in distributions.get(module, [module])} & required
    }
    assert missing == {}


def test_every_program_that_the_controller_runs_is_required() -> None:
    required = {line.split()[0] for line in lines(COLLECTION / "bindep.txt")}
    called: set[str] = {"ssh"}
    for path in (COLLECTION / "roles").glob("*/tasks/*.yml"):
        for task in tasks(yaml.safe_load(path.read_text()) or []):
            if task.get("delegate_to") == "localhost" and "ansible.builtin.command" in task:
                command = task["ansible.builtin.command"]
                called.add(str(command["argv"][0] if isinstance(command, dict) else command.split()[0]))
    assert called > {"ssh"}
    assert {program for program in called if PROGRAMS.get(program, program) not in required} == set()


def tasks(entries: list[dict[str, t.Any]]) -> t.Iterator[dict[str, t.Any]]:
    for entry in entries:
        for key in ("block", "rescue", "always"):
            yield from tasks(entry.get(key, []))
        yield entry
