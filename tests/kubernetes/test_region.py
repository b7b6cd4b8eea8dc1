"""Tenants of the local region that ./quickstart.sh kubernetes brought up on the cluster, seen with psql, redis-cli, an S3
client, curl and a browser. What is asked of them is what tests/integration asks of those on Docker.
"""

from __future__ import annotations

import json
import typing as t

import pytest
from browser_scenario import chromium, find_again, in_bucket, log_in, sell
from kubernetes_cluster import kubectl as cluster
from local_region import ADDRESS, ROOT, recap
from region_cluster import EDGE, namespace, playbook, pods
from region_tenant import BLOCKED, CLUSTER_TENANTS, TENANTS, Tenant, run
from tenant_checks import check_attachments_go_to_object_storage, check_clones_share_no_secret

if t.TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

INITECH, STAGING = CLUSTER_TENANTS
#: Prints for each "host port" whether a connection is made.
TRY = """
import json, socket, sys
def reached(host, port):
    try: socket.create_connection((host, port), timeout=3).close()
    except OSError: return False
    return True
print(json.dumps([reached(*pair) for pair in json.loads(sys.argv[1])]))
"""


@pytest.fixture(params=CLUSTER_TENANTS, ids=lambda tenant: tenant.name)
def shop(request: pytest.FixtureRequest) -> Tenant:
    return t.cast("Tenant", request.param)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Page]:
    with chromium(tmp_path_factory.mktemp("home")) as page:
        yield page


def reached(tenant: Tenant, *targets: tuple[str, int]) -> list[bool]:
    """Whether connections are made from inside of a web pod."""
    pod = next(iter(pods(tenant, "web")))
    found: list[bool] = json.loads(
        cluster("exec", "-n", namespace(tenant), pod, "--", "python3", "-c", TRY, json.dumps(targets))
    )
    return found


def test_each_tenant_runs_its_workloads() -> None:
    assert sorted(pods(INITECH).values()) == ["cron", "queue", "web", "web", "websocket"]
    assert sorted(pods(STAGING).values()) == ["web"]


def test_status_shows_them_beside_those_on_docker() -> None:
    done = run(str(ROOT / "quickstart.sh"), "kubernetes", "status", "--json", timeout=180)
    assert done.returncode == 0, done.stderr
    status = json.loads(done.stdout)
    rows = {row["tenant"]: (row["runtime"], row["state"], row["url"]) for row in status["tenants"]}
    assert rows[INITECH.name] == ("kubernetes", "5/5 up", INITECH.url)
    assert rows[STAGING.name] == ("kubernetes", "1/1 up", STAGING.url)
    assert {rows[tenant.name][0] for tenant in TENANTS} == {"docker"}
    assert {"traefik/", "sysgenpro-platform/"} <= {row["name"].partition("/")[0] + "/" for row in status["components"]}


@pytest.mark.parametrize("path", ["/web/health", "/web/login"])
def test_https_answers_with_a_valid_certificate(shop: Tenant, path: str) -> None:
    assert shop.curl(path) == 200
    # Without Docker's Traefik in front.
    assert shop.curl(path, "--connect-to", f"{shop.host}:443:{EDGE}") == 200


def test_http_leads_to_https(shop: Tenant) -> None:
    done = run("curl", "-s", "-o", "/dev/null", "-w", "%{http_code} %{redirect_url}", f"http://{shop.host}/web/login")
    code, target = done.stdout.split()
    assert code in ("301", "302", "307", "308")
    assert target.startswith(shop.url)


def test_the_database_is_a_clone_in_the_regions_postgresql(shop: Tenant) -> None:
    names = "'sale_management','stock','point_of_sale','account','queue_job','fs_attachment_s3'"
    done = shop.psql(f"SELECT count(*) FROM ir_module_module WHERE state = 'installed' AND name IN ({names})")
    assert done.stdout.strip() == "6", done.stderr
    url = shop.psql("SELECT value FROM ir_config_parameter WHERE key = 'web.base.url'").stdout.strip()
    assert url == shop.url
    comment = shop.psql(
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
    )
    assert json.loads(comment.stdout)["place"] == "k8s1"


def test_two_clones_share_no_secret() -> None:
    check_clones_share_no_secret(INITECH, STAGING)


def test_attachments_go_to_object_storage(shop: Tenant) -> None:
    """By the integration path as well, which is open to this machine alone: the client's address came through."""
    check_attachments_go_to_object_storage(shop)


def test_the_integration_path_knows_clients_by_their_address(shop: Tenant) -> None:
    """What comes to the cluster's own port from the node has an address of the pods' network, which is not on the list."""
    host = f"integration.{shop.host}"
    assert shop.curl("/json/2/res.partner/search", "--connect-to", f"{host}:443:{EDGE}", host=host) == 403


@pytest.mark.parametrize("path", BLOCKED)
def test_paths_that_are_not_for_people_are_refused(shop: Tenant, path: str) -> None:
    assert shop.curl(path) in (403, 404)


def test_sessions_are_in_the_regions_redis(shop: Tenant) -> None:
    assert shop.redis("PING") == "PONG"
    assert "NOPERM" in shop.redis("GET", f"{TENANTS[0].name}:anything")


def test_nobody_enters_a_neighbours_data() -> None:
    assert INITECH.psql("SELECT 1").stdout.strip() == "1"
    assert INITECH.psql("SELECT 1", database=STAGING.name).returncode != 0
    assert INITECH.psql("SELECT 1", database=TENANTS[0].name).returncode != 0
    assert isinstance(INITECH.keys(), set)
    from botocore.exceptions import ClientError

    with pytest.raises(ClientError, match=r"AccessDenied|Forbidden"):
        INITECH.s3().list_objects_v2(Bucket=STAGING.bucket)


def test_a_pod_reaches_its_services_and_nothing_else() -> None:
    (neighbour,) = pods(STAGING, "web")
    address = cluster("get", "pod", neighbour, "-n", namespace(STAGING), "-o", "jsonpath={.status.podIP}")
    own = [(ADDRESS, 6432), (ADDRESS, 6379), (ADDRESS, 8333), (ADDRESS, 1025)]
    assert reached(INITECH, *own) == [True] * len(own)
    others = [
        (address, 8069),
        (f"web.{namespace(STAGING)}.svc", 8069),
        ("kubernetes.default.svc", 443),
        (ADDRESS, 5500),  # the primary past the pooler, which Jobs alone reach
        (ADDRESS, 6442),  # another cluster's pooler
        (ADDRESS, 6389),  # another tenant's Redis
        ("192.0.2.1", 443),
    ]
    assert reached(INITECH, *others) == [False] * len(others)


def test_no_secret_is_in_a_pods_definition(shop: Tenant) -> None:
    shown = cluster("get", "pods,deployments,configmaps,events", "-n", namespace(shop), "-o", "json")
    for purpose in ("database", "redis", "s3_secret_key", "master", "admin", "health_key"):
        assert shop.secret(purpose) not in shown


def test_a_converged_tenant_changes_nothing(shop: Tenant) -> None:
    first = playbook("playbooks/tenants.yml", "--limit", shop.name)
    assert first.returncode == 0, first.stdout[-3000:]
    done = playbook("playbooks/tenants.yml", "--limit", shop.name)
    assert recap(done.stdout) == {shop.name: 0}


def test_check_mode_shows_a_change_and_makes_none() -> None:
    before = pods(INITECH)
    done = playbook(
        "playbooks/tenants.yml",
        "--limit",
        INITECH.name,
        "--check",
        "--diff",
        "-e",
        '{"odoo_config": {"limit_time_real": 170}}',
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert "limit_time_real" in done.stdout
    for purpose in ("database", "redis", "s3_secret_key", "master", "admin"):
        assert INITECH.secret(purpose) not in done.stdout
    assert pods(INITECH) == before


def test_a_person_sells_and_finds_it_again_after_a_replacement(page: Page, tmp_path: Path) -> None:
    log_in(page, INITECH)
    sale = sell(page, INITECH, tmp_path)
    assert in_bucket(INITECH) == sale.content

    before = pods(INITECH, "web")
    replaced = playbook(
        "playbooks/tenants.yml", "--limit", INITECH.name, "-e", '{"odoo_config": {"limit_time_real": 180}}'
    )
    assert replaced.returncode == 0, replaced.stdout[-3000:]
    assert not set(before) & set(pods(INITECH, "web"))

    find_again(page, sale)


def test_a_release_that_never_starts_leaves_the_old_one_serving() -> None:
    """The image of another component stands in for a release that cannot start."""
    images = json.loads((ROOT / "inventories/local/.secrets/local/kubernetes-images.json").read_text())
    before = pods(STAGING)
    done = playbook(
        *("playbooks/tenants.yml", "--limit", STAGING.name, "--tags", "odoo_stack"),
        *("-e", f"odoo_image={images['mail']}", "-e", "odoo_start_timeout=20"),
    )
    assert done.returncode != 0
    assert "the previous pod template was put back and serves" in done.stdout
    assert pods(STAGING) == before
    assert STAGING.curl("/web/login") == 200
