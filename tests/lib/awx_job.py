"""A job as AWX runs it: the project's files, an inventory script, survey answers as extra variables, ansible-runner.

AWX keeps an inventory in its database and gives it to a job as one script; what a source says gets there through
``ansible-inventory --list --export``. A constructed inventory reads the scripts of the inventories it is made of, in their
order, and is exported once more.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shlex
import subprocess
import sys
import typing as t

if t.TYPE_CHECKING:
    from pathlib import Path

Item = dict[str, t.Any]

#: Where AWX installs what a project's collections/requirements.yml asks for, inside the job's directory.
REQUIREMENTS = "requirements_collections"
SCRIPT = "#!{python}\nprint({content!r})\n"


def copy_repository(root: Path, destination: Path) -> Path:
    """Copy what git has or would add, as a project update brings it, and return the copy."""
    listed = subprocess.run(
        ["git", "-c", f"safe.directory={root}", "ls-files", "-z", "-co", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        source, target = root / name, destination / name
        if not os.path.lexists(source):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_symlink():
            target.symlink_to(os.readlink(source))
        else:
            target.write_bytes(source.read_bytes())
            target.chmod(source.stat().st_mode)
    return destination


def environment() -> dict[str, str]:
    """The environment without what this machine tells Ansible: a job has only what AWX gives it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    return {
        **kept,
        "ANSIBLE_HOME": os.environ.get("ANSIBLE_HOME", os.path.expanduser("~/.ansible")),
        "PYTHONUNBUFFERED": "1",
    }


def _exported(project: Path, *sources: str | Path) -> Item:
    options = [option for source in sources for option in ("-i", str(source))]
    done = subprocess.run(
        ["ansible-inventory", *options, "--list", "--export"],
        cwd=project,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    return t.cast("Item", json.loads(done.stdout))


def _script(path: Path, content: Item) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(SCRIPT.format(python=sys.executable, content=json.dumps(content)), encoding="utf-8")
    path.chmod(0o700)
    return path


def inventory_script(document: Item, name: str, project: Path, directory: Path) -> Path:
    """The script that jobs of an inventory of the definition get."""
    inventories = {item["name"]: item for item in document["inventories"]}
    wanted = inventories[name]
    if "sources" in wanted:
        (source,) = wanted["sources"]
        return _script(directory / f"of_{name.replace(' ', '_')}" / "hosts", _exported(project, source["source_path"]))
    inputs = [inventory_script(document, each, project, directory) for each in wanted["input_inventories"]]
    constructed = directory / "constructed.yml"
    constructed.write_text("plugin: constructed\nstrict: true\n")
    return _script(directory / "inventory" / "hosts", _exported(project, *inputs, constructed))


@dataclasses.dataclass(frozen=True)
class Done:
    """A job that has ended."""

    status: int
    out: str


def answers(template: Item, given: Item) -> Item:
    """Extra variables of a launch: defaults of the survey, then what was answered. Refuses what AWX refuses."""
    questions = {question["variable"]: question for question in template.get("survey", [])}
    unknown = set(given) - set(questions)
    missing = {
        name
        for name, question in questions.items()
        if question.get("required", True) and "default" not in question and name not in given
    }
    if unknown or missing:
        raise ValueError(f"{template['name']}: not asked for: {sorted(unknown)}, not answered: {sorted(missing)}")
    return {**{name: question["default"] for name, question in questions.items() if "default" in question}, **given}


def launch(directory: Path, project: Path, inventory: Path, template: Item, given: Item, **prompts: t.Any) -> Done:
    """Run a job template.

    :param directory: the job's own, made here.
    :param prompts: ``limit`` and ``job_type`` as they were answered, ``cmdline`` to add to ansible-playbook's options.
    """
    for name in ("limit", "job_type"):
        if name in prompts and not template.get(f"ask_{name}_on_launch"):
            raise ValueError(f"{template['name']} does not ask for {name}")
    (directory / "env").mkdir(parents=True)
    (directory / "project").symlink_to(project)
    extra = {"awx_job_id": 1, "tower_job_id": 1, "awx_job_template_name": template["name"], **answers(template, given)}
    (directory / "env/extravars").write_text(json.dumps({**template.get("extra_vars", {}), **extra}))
    options = shlex.split(prompts.get("cmdline", ""))
    limit = prompts.get("limit", template.get("limit", ""))
    options += ["--limit", limit] if limit else []
    options += ["--check"] if prompts.get("job_type", template.get("job_type")) == "check" else []
    options += ["--diff"] if template.get("diff_mode") else []
    (directory / "env/cmdline").write_text(shlex.join(options))
    # As AWX builds them of the project's ansible.cfg: its own folder first, then the project's, seen from there.
    paths = f"{directory / REQUIREMENTS}:{{}}:~/.ansible/{{}}:/usr/share/ansible/{{}}"
    job = {
        "ANSIBLE_COLLECTIONS_PATH": paths.format("collections", "collections", "collections"),
        "ANSIBLE_ROLES_PATH": paths.format("roles", "roles", "roles"),
        "ANSIBLE_INVENTORY_UNPARSED_FAILED": "True",
        "ANSIBLE_FORCE_COLOR": "False",
    }
    command = ["ansible-runner", "run", str(directory), "-p", template["playbook"], "--inventory", str(inventory)]
    done = subprocess.run(command, env={**environment(), **job}, capture_output=True, text=True, check=False)
    return Done(done.returncode, done.stdout + done.stderr)
