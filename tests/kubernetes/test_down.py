"""What ./quickstart.sh kubernetes down leaves: the region with its tenants on Docker, and nothing of the cluster's."""

from __future__ import annotations

from local_region import ROOT, SECRETS
from region_tenant import CLUSTER_TENANTS, TENANTS, run


def test_the_cluster_goes_with_its_tenants_and_nothing_else() -> None:
    ours = (SECRETS / "kubeconfig").read_text() == _own_kubeconfig()
    done = run(str(ROOT / "quickstart.sh"), "kubernetes", "down", timeout=900)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    for tenant in CLUSTER_TENANTS:
        assert tenant.psql("SELECT 1").returncode != 0
        assert "WRONGPASS" in tenant.redis("PING")
        assert tenant.curl("/web/login") != 200
    databases = TENANTS[0].psql("SELECT datname FROM pg_database").stdout.split()
    assert not {tenant.name for tenant in CLUSTER_TENANTS} & set(databases)
    for tenant in TENANTS:
        assert tenant.curl("/web/login") == 200
    assert not (SECRETS / "kubeconfig").exists()
    if ours:
        leftovers = run(str(ROOT / "tests/kubernetes/cluster.sh"), "leftovers")
        assert (leftovers.returncode, leftovers.stdout) == (0, "")
    again = run(str(ROOT / "quickstart.sh"), "kubernetes", "down", timeout=900)
    assert again.returncode == 0, again.stderr


def _own_kubeconfig() -> str:
    path = run(str(ROOT / "tests/kubernetes/cluster.sh"), "kubeconfig").stdout.strip()
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return ""
