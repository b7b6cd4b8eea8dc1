"""What a host says of all its tenants is what it says of each."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge.docker_host import HostView, ownership
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import OdooError

from . import factories

LABELS = {"sysgenpro.odoo/region": "local", "sysgenpro.odoo/tenant": "acme_production"}


class Engine:
    """A Docker host with two tenants and something else, as its engine lists it."""

    def networks(self) -> list[dict[str, t.Any]]:
        return [
            {"Name": "local-acme_production", "Labels": LABELS, "IPAM": {"Config": [{"Subnet": "10.213.0.0/27"}]}},
            {"Name": "host", "Labels": None, "IPAM": {"Config": None}},
            {"Name": "local-globex", "Labels": {}, "IPAM": {"Config": [{"Subnet": "10.213.1.0/27"}]}},
        ]

    def containers(self, labels: t.Mapping[str, str]) -> list[dict[str, t.Any]]:
        every = [
            {"Names": ["/acme-web"], "Labels": LABELS},
            {"Names": ["/globex-web"], "Labels": {**LABELS, "sysgenpro.odoo/tenant": "globex"}},
            {"Names": ["/traefik"], "Labels": {"sysgenpro.odoo/region": "local"}},
        ]
        return [one for one in every if labels.items() <= one["Labels"].items()]  # type: ignore[attr-defined]


def test_one_view_serves_every_tenant() -> None:
    tenant = factories.tenant()
    engine: t.Any = Engine()
    for view in (HostView.of_region(engine, "local"), HostView.of_tenant(engine, tenant)):
        assert [one["Names"] for one in view.containers("acme_production")] == [["/acme-web"]]
        assert view.network("local-acme_production", ownership(tenant)) is not None
        assert view.network("nobody", ownership(tenant)) is None
        assert view.subnets == ("10.213.0.0/27", "10.213.1.0/27")


def test_a_network_of_that_name_that_is_not_the_tenants_is_refused() -> None:
    engine: t.Any = Engine()
    with pytest.raises(OdooError, match="exists and is not the tenant's"):
        HostView.of_region(engine, "local").network("local-globex", ownership(factories.tenant()))
