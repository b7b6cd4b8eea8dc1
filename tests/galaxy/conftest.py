"""The collection as Galaxy serves it: built from a clean checkout, installed in a folder of its own, without the repository."""

from __future__ import annotations

import json
import os
import subprocess
import typing as t
from pathlib import Path

import pytest
from awx_job import copy_repository

ROOT = Path(__file__).resolve().parents[2]
NAME = "sysgenpro.odoo"


class Installed(t.NamedTuple):
    """Where ansible-galaxy put it."""

    collections: Path
    archive: Path

    @property
    def path(self) -> Path:
        return self.collections / "ansible_collections" / NAME.replace(".", "/")

    def run(self, *command: str, check: bool = True) -> str:
        """Run a command of Ansible that knows this folder and what the ansible package brings; return all it says."""
        done = self._done(*command)
        assert done.returncode == 0 or not check, done.stdout + done.stderr
        return done.stdout + done.stderr

    def json(self, *command: str) -> t.Any:
        """The same of a command that prints JSON; return that."""
        done = self._done(*command)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def _done(self, *command: str) -> subprocess.CompletedProcess[str]:
        settings = environment(self.collections)
        return subprocess.run(command, cwd=self.collections, env=settings, capture_output=True, text=True, check=False)


def environment(collections: Path) -> dict[str, str]:
    """No setting of this repository: neither its ansible.cfg nor its collections."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    return {
        **kept,
        "ANSIBLE_HOME": str(collections / ".ansible"),
        "ANSIBLE_COLLECTIONS_PATH": str(collections),
        "NO_COLOR": "1",
    }


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Build and install it, offline: what it depends on is in the ansible package."""
    checkout = copy_repository(ROOT, tmp_path_factory.mktemp("checkout"))
    collections = tmp_path_factory.mktemp("installed")
    source = checkout / "collections/ansible_collections" / NAME.replace(".", "/")
    built = Installed(collections, next(iter(_build(source, collections))))
    built.run("ansible-galaxy", "collection", "install", str(built.archive), "-p", str(collections), "--offline")
    return built


def _build(source: Path, destination: Path) -> list[Path]:
    command = ["ansible-galaxy", "collection", "build", "--output-path", str(destination), str(source)]
    subprocess.run(command, env=environment(destination), check=True, capture_output=True, text=True)
    return list(destination.glob("*.tar.gz"))
