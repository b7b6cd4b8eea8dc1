"""What ./quickstart.sh down leaves."""

from __future__ import annotations

from pathlib import Path

from .conftest import ROOT, run


def test_down_removes_what_was_made_and_nothing_else() -> None:
    run("docker", "volume", "create", "somebody-elses", check=True)
    done = run(str(ROOT / "quickstart.sh"), "down", timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    for kind in ("container", "volume", "network"):
        listing = ["docker", kind, "ls", "-q", "--filter", "label=sysgenpro.odoo/region=local"]
        assert run(*listing, *(["--all"] if kind == "container" else [])).stdout == "", kind
    assert not Path("/etc/sysgenpro").exists()
    assert "SYSGENPRO" not in run("iptables", "-S").stdout
    assert run("docker", "volume", "rm", "somebody-elses").returncode == 0
    assert run(str(ROOT / "quickstart.sh"), "down", timeout=600).returncode == 0
