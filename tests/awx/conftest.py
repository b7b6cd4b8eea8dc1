"""What the tests of AWX share: the definition, and the collection awx.awx where the stage put it."""

from __future__ import annotations

import json
import os
import subprocess
import typing as t
from pathlib import Path

import pytest
from ansible_collections.sysgenpro.odoo.plugins.plugin_utils.awx_definition import read
from ansible_collections.sysgenpro.odoo.plugins.plugin_utils.awx_modules import for_modules

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "collections/ansible_collections/sysgenpro/odoo/roles/awx/files/schema.json"


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def document() -> dict[str, t.Any]:
    """The definition of this repository, as its files say it."""
    return read(ROOT / "awx", json.loads(SCHEMA.read_text())).document


@pytest.fixture(scope="session")
def modules(document: dict[str, t.Any]) -> dict[str, t.Any]:
    """The same in the form of the modules."""
    return for_modules(document)


def playbook(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ansible-playbook from the repository's root."""
    command = ["ansible-playbook", *arguments]
    settings = {**os.environ, "ANSIBLE_NOCOLOR": "1", **environment}
    return subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True, check=False)
