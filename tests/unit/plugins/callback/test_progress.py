"""The callback that shows a run as it goes and keeps what its plays took."""

from __future__ import annotations

import json
import os
import subprocess
import textwrap
from typing import TYPE_CHECKING

from ansible_collections.sysgenpro.odoo.plugins.callback.progress import Stopwatch, clock

if TYPE_CHECKING:
    from pathlib import Path

PLAYBOOK = """
- name: Storage
  hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - name: Make something
      ansible.builtin.copy:
        content: text
        dest: "{{ playbook_dir }}/made"
        mode: "0600"
    - name: Look at it
      ansible.builtin.stat:
        path: "{{ playbook_dir }}/made"
- name: Database
  hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - name: Hide something
      ansible.builtin.debug:
        msg: nothing to see
      when: false
"""


def run(directory: Path, root: Path) -> str:
    """Run the playbook under the callback and return what it prints."""
    (directory / "site.yml").write_text(textwrap.dedent(PLAYBOOK))
    environment = {
        **os.environ,
        "ANSIBLE_CONFIG": str(root / "ansible.cfg"),
        "ANSIBLE_STDOUT_CALLBACK": "sysgenpro.odoo.progress",
        "ANSIBLE_DISPLAY_OK_HOSTS": "false",
        "SYSGENPRO_ODOO_STAGES_FILE": str(directory / "state/stages.json"),
        "ANSIBLE_NOCOLOR": "1",
    }
    command = ["ansible-playbook", "-i", "localhost,", str(directory / "site.yml")]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout


def test_a_run_is_shown_and_measured(tmp_path: Path, root: Path) -> None:
    output = run(tmp_path, root)
    assert [line[6:] for line in output.splitlines() if line.strip() and line[3] == ":"] == [
        "  Storage",
        "    Make something",
        "    Look at it",
        "  Database",
        "    Hide something",
    ]
    assert "changed: [localhost]" in output
    assert "ok: [localhost]" not in output
    stages = json.loads((tmp_path / "state/stages.json").read_text())
    assert [stage["name"] for stage in stages["stages"]] == ["Storage", "Database"]
    assert stages["recap"]["localhost"]["changed"] == 1


def test_a_second_run_changes_nothing_in_its_recap(tmp_path: Path, root: Path) -> None:
    run(tmp_path, root)
    assert "changed=0" in run(tmp_path, root)


def test_a_stage_that_comes_back_is_added_up() -> None:
    times = iter([0.0, 1.0, 3.0, 3.0, 4.0, 4.0, 9.0])
    watch = Stopwatch(now=lambda: next(times))
    for name in ("a", "b", "a"):
        watch.begin(name)
    watch.end()
    assert watch.stages() == [{"name": "a", "seconds": 7.0}, {"name": "b", "seconds": 1.0}]


def test_the_clock_shows_minutes_and_seconds() -> None:
    assert [clock(seconds) for seconds in (0.4, 65, 6000)] == ["  0:00", "  1:05", "100:00"]
