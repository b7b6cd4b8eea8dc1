from __future__ import annotations

import configparser
import json
import re
import typing as t

import pytest
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.capacity import workloads
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render import clone, docker, odoo_conf, traefik

from . import factories


def conf(workload: str, **changes: t.Any) -> configparser.ConfigParser:
    tenant = factories.tenant(**changes)
    chosen = next(item for item in workloads(tenant) if item.name == workload)
    parser = configparser.ConfigParser(interpolation=None)
    files = {file.path: file.content for file in odoo_conf.files(tenant, chosen, factories.SECRETS, "CA")}
    parser.read_string(files["plain/odoo.conf"])
    return parser


def test_only_the_queue_workload_loads_the_runner() -> None:
    loaded = {
        name: conf(name)["options"]["server_wide_modules"].split(",") for name in ("web", "websocket", "cron", "queue")
    }
    assert [name for name, modules in loaded.items() if "queue_job" in modules] == ["queue"]
    assert conf("queue")["queue_job"]["channels"] == "root:2"
    assert "queue_job" in conf("web", odoo_packing="compact")["options"]["server_wide_modules"]


def test_requests_that_only_read_go_to_a_replica_where_it_is_asked_for() -> None:
    several = {"shared": {**factories.variables()["odoo_postgresql_clusters"]["shared"], "host": ["a", "b"]}}
    options = conf("web", odoo_database_replica=True, odoo_postgresql_clusters=several)["options"]
    assert (options["db_host"], options["db_port"]) == ("a,b", "6432")
    assert (options["db_replica_host"], options["db_replica_port"]) == ("a,b", "5501")
    assert "db_replica_host" not in conf("web")["options"]


def test_libpq_finds_its_defaults_where_the_container_says() -> None:
    (web, *_others) = docker.render(factories.tenant(), factories.SECRETS, "CA").sets
    files = {file.path: file.content for file in web.files}
    assert web.body["Env"] == ["PGSERVICE=odoo", "PGSERVICEFILE=/etc/odoo/pg_service.conf"]
    assert files["plain/pg_service.conf"].startswith("[odoo]\nconnect_timeout=3\n")
    assert "tcp_user_timeout=15000\n" in files["plain/pg_service.conf"]


def test_only_cron_has_cron_threads() -> None:
    threads = {name: int(conf(name)["options"]["max_cron_threads"]) for name in ("web", "websocket", "cron", "queue")}
    assert threads == {"web": 0, "websocket": 0, "cron": 2, "queue": 0}


def test_secrets_are_in_secret_files_alone() -> None:
    tenant = factories.tenant()
    for workload in workloads(tenant):
        files = odoo_conf.files(tenant, workload, factories.SECRETS, "CA")
        plain = "".join(file.content for file in files if not file.secret)
        secret = "".join(file.content for file in files if file.secret)
        for value in ("database-password", "redis-password", "access-key", "secret-key", "master-password"):
            assert value not in plain
            assert value in secret


def test_no_secret_is_in_what_docker_inspect_shows() -> None:
    wanted = docker.render(factories.tenant(), factories.SECRETS, "CA")
    shown = json.dumps([item.body for item in wanted.sets])
    for value in ("password", "access-key", "secret-key", "PRIVATE"):
        assert value not in shown
    assert "password" not in repr(wanted)


def test_containers_are_confined() -> None:
    for item in docker.render(factories.tenant(), factories.SECRETS, "CA").sets:
        host = item.body["HostConfig"]
        assert item.body["User"] == "101:101"
        assert host["ReadonlyRootfs"]
        assert (host["CapDrop"], host["SecurityOpt"]) == (["ALL"], ["no-new-privileges"])
        assert min(host["Memory"], host["NanoCpus"], host["PidsLimit"]) > 0
        assert all(bind.endswith(":ro") for bind in host["Binds"])


def test_a_changed_secret_moves_the_workload_to_new_files() -> None:
    before = docker.render(factories.tenant(), factories.SECRETS, "CA")
    changed = type(factories.SECRETS)(**{**factories.SECRETS.__dict__, "database": "another"})
    after = docker.render(factories.tenant(), changed, "CA")
    assert all(
        old.directory != new.directory and old.spec != new.spec
        for old, new in zip(before.sets, after.sets, strict=True)
    )


def test_rendering_is_the_same_every_time() -> None:
    assert docker.render(factories.tenant(), factories.SECRETS, "CA") == docker.render(
        factories.tenant(), factories.SECRETS, "CA"
    )


@pytest.mark.parametrize(
    "path",
    [
        "/xmlrpc/2/common",
        "//xmlrpc/2/common",
        "/XMLRPC/2/object",
        "/jsonrpc",
        "/json/2/res.partner/read",
        "/web/database/manager",
        "/web//database/list",
        "/queue_job/runjob",
    ],
)
def test_paths_of_integrations_and_administration_are_blocked(path: str) -> None:
    assert re.match(traefik.BLOCKED, path)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/web/login",
        "/odoo/sales",
        "/web/dataset/call_kw/res.partner/read",
        "/websocket",
        "/shop/json-shirt",
        "/pos/ui",
        "/web/databases-are-fun",
    ],
)
def test_paths_of_people_are_not(path: str) -> None:
    assert not re.match(traefik.BLOCKED, path)


def routes(**changes: t.Any) -> dict[str, t.Any]:
    document: dict[str, t.Any] = json.loads(
        traefik.render(factories.tenant(**changes), factories.SECRETS, ["10.213.0.2"], ["10.213.0.4"])
    )
    return document


def test_the_integration_path_is_closed_unless_somebody_is_on_its_list() -> None:
    middlewares = routes()["http"]["middlewares"]
    assert middlewares["acme_production-integration"]["ipAllowList"]["sourceRange"] == list(traefik.NOBODY)
    opened = routes(odoo_integration_allowlist=["198.51.100.0/24"])["http"]["middlewares"]
    assert opened["acme_production-integration"]["ipAllowList"]["sourceRange"] == ["198.51.100.0/24"]
    assert opened["acme_production-nobody"]["ipAllowList"]["sourceRange"] == list(traefik.NOBODY)


def test_the_websocket_has_a_service_of_its_own() -> None:
    services = routes()["http"]["services"]
    assert services["acme_production-websocket"]["loadBalancer"]["servers"] == [{"url": "http://10.213.0.4:8072"}]
    assert services["acme_production-web"]["loadBalancer"]["servers"] == [{"url": "http://10.213.0.2:8069"}]


def test_what_is_shown_of_a_route_has_no_key() -> None:
    text = traefik.render(factories.tenant(), factories.SECRETS, ["10.213.0.2"], [])
    assert "PRIVATE KEY" in text
    assert "PRIVATE KEY" not in json.dumps(traefik.public(text))


def test_password_hashes_are_what_passlib_makes() -> None:
    # Made with passlib.hash.pbkdf2_sha512.using(rounds=1000, salt=b"0123456789abcdef").hash("secret")
    assert clone.pbkdf2_sha512("secret", 1000, salt=b"0123456789abcdef") == PASSLIB


PASSLIB = (
    "$pbkdf2-sha512$1000$MDEyMzQ1Njc4OWFiY2RlZg$vgFvU7zWIDgDAUi7d"
    "8ayt.cfRiPWVVWfv8iQRsGZaZviWzsSNgWYXEE5PmvI/VELMsOmEbqLz0PKuePNjOk41A"
)


def test_a_clone_renews_every_secret_of_its_own() -> None:
    def values() -> list[object]:
        made = clone.statements(
            base_url="https://acme.example.com", admin_password="a", health_password="b", health_key="c" * 32
        )
        return [parameters for _statement, parameters in made]

    first, second = values(), values()
    assert sum(a != b for a, b in zip(first, second, strict=True)) == 4
