"""Images are built for real: with add-ons of every kind, and on a disk that is full."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
import typing as t
from pathlib import Path

import pytest

from .conftest import ROOT, run


def addon(folder: Path, name: str) -> Path:
    """An add-on that does nothing."""
    made = folder / name
    made.mkdir(parents=True)
    (made / "__init__.py").write_text("")
    manifest = {"name": name, "version": "19.0.1.0.0", "license": "LGPL-3", "depends": ["base"]}
    (made / "__manifest__.py").write_text(repr(manifest))
    return made


def committed(folder: Path) -> str:
    """Make a git repository of a folder; the hash of its one commit."""
    git = ["git", "-C", str(folder), "-c", "user.name=Test", "-c", "user.email=test@example.com"]
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "An add-on"]):
        run(*git, *command, check=True)
    return run(*git, "rev-parse", "HEAD", check=True).stdout.strip()


def build(lock: Path, *, environment: t.Mapping[str, str] = {}, **variables: t.Any) -> subprocess.CompletedProcess[str]:
    """Run the role images alone on the region's Docker host, with a lock file of its own."""
    play = [
        {
            "name": "Images",
            "hosts": "docker_hosts",
            "gather_facts": False,
            "roles": [{"role": "sysgenpro.odoo.images"}],
        }
    ]
    book = lock.with_name("images.yml")
    book.write_text(json.dumps(play))
    extra = json.dumps({"images_lock_file": str(lock), **variables})
    argv = ["ansible-playbook", "-i", "inventories/catalogue", "-i", "inventories/local", str(book), "-e", extra]
    return run(*argv, timeout=1500, cwd=ROOT, env={**os.environ, **environment})


def test_addons_of_a_folder_a_commit_and_pypi_are_in_the_image(tmp_path: Path) -> None:
    addon(tmp_path / "folder", "sysgenpro_test_folder")
    addon(tmp_path / "repository", "sysgenpro_test_commit")
    commit = committed(tmp_path / "repository")
    lock = tmp_path / "images.json"
    addons = [
        "odoo-addon-web-responsive==19.0.1.0.2",
        {"path": str(tmp_path / "folder")},
        {"git": f"file://{tmp_path / 'repository'}", "commit": commit},
    ]
    done = build(lock, odoo_addons=addons, images_components=["odoo"])
    assert done.returncode == 0, done.stdout[-4000:]
    image = json.loads(lock.read_text())["odoo"]["image"]
    assert image != json.loads((ROOT / "inventories/local/.secrets/local/images.json").read_text())["odoo"]["image"]
    try:
        seen = run(
            "docker", "run", "--rm", "--entrypoint", "/bin/sh", image, "-c", "ls -d /opt/odoo/*/*", check=True
        ).stdout
        names = {Path(line).name for line in seen.split()}
        assert {"sysgenpro_test_folder", "sysgenpro_test_commit", "web_responsive"} <= names
        again = build(lock, odoo_addons=addons, images_components=["odoo"])
        assert again.returncode == 0
        assert "changed=0" in again.stdout
    finally:
        run("docker", "image", "rm", "--force", image)


@pytest.fixture
def bridge() -> t.Iterator[str]:
    """A bridge for another engine: one that is told to have none removes docker0, which is the machine's own engine's."""
    name = "odoo-images0"
    run("ip", "link", "add", name, "type", "bridge", check=True)
    try:
        run("ip", "address", "add", "10.214.253.1/28", "dev", name, check=True)
        yield name
    finally:
        run("ip", "link", "delete", name, check=True)


@pytest.fixture
def small_engine(tmp_path: Path, bridge: str) -> t.Iterator[dict[str, t.Any]]:
    """A second Docker engine whose data lies on a file system of 130 MB."""
    data, state = tmp_path / "data", tmp_path / "state"
    data.mkdir()
    socket = f"unix://{tmp_path}/docker.sock"
    run("mount", "-t", "tmpfs", "-o", "size=130m", "tmpfs", str(data), check=True)
    argv = ["dockerd", "--host", socket, "--data-root", str(data), "--exec-root", str(state)]
    argv += [
        "--pidfile",
        str(tmp_path / "pid"),
        "--bridge",
        bridge,
        "--iptables=false",
        "--config-file",
        str(tmp_path / "none.json"),
    ]
    (tmp_path / "none.json").write_text("{}")
    environment = {"DOCKER_HOST": socket}
    with open(tmp_path / "log", "w") as log:
        engine = subprocess.Popen(argv, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        for _second in range(60):
            if run("docker", "info", env={**os.environ, **environment}).returncode == 0:
                break
            time.sleep(1)
        else:
            pytest.fail((tmp_path / "log").read_text()[-2000:])
        yield {"environment": environment, "data": data}
    finally:
        engine.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            engine.wait(30)
        for mount in reversed([line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]):
            if mount.startswith(str(tmp_path)):
                run("umount", "--lazy", mount)
        shutil.rmtree(tmp_path / "state", ignore_errors=True)


def test_a_disk_that_is_full_leaves_the_lock_and_says_so(tmp_path: Path, small_engine: dict[str, t.Any]) -> None:
    lock = tmp_path / "images.json"
    lock.write_text("{}\n")
    settings = {
        "environment": small_engine["environment"],
        "images_components": ["redis"],
        "images_build_network": "host",
    }
    done = build(lock, **settings)
    assert done.returncode != 0
    assert "no space left on device" in done.stdout.lower(), done.stdout[-3000:]
    assert "the images and the lock are as they were" in done.stdout
    assert lock.read_text() == "{}\n"
    run("mount", "-o", "remount,size=3g", str(small_engine["data"]), check=True)
    done = build(lock, **settings)
    assert done.returncode == 0, done.stdout[-4000:]
    assert json.loads(lock.read_text())["redis"]["image"].startswith("sysgenpro/redis:")
