# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where each value of a tenant comes from: the layer that wins, those it wins over, or the rule of the model. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from . import capacity
from .fields import FIELDS

if t.TYPE_CHECKING:
    from .tenant import Tenant


@dataclasses.dataclass(frozen=True)
class Layer:
    """One place that sets a variable. ``kind`` and ``name`` are for example C(group) and C(tier_standard); ``line`` is 0
    where it is not known."""

    kind: str
    name: str
    file: str
    line: int
    value: t.Any

    @property
    def where(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return " ".join(part for part in (self.kind, self.name, f"({place})" if place else "") if part)


@dataclasses.dataclass(frozen=True)
class Origin:
    """A value and where it comes from. ``over`` are the layers that lost; ``rule`` says what the model did."""

    name: str
    value: t.Any
    where: str
    rule: str
    over: tuple[str, ...]

    def text(self) -> str:
        said = f"{self.name} = {self.value!r}: {self.where}"
        said += f"; {self.rule}" if self.rule else ""
        return said + (f"; over {', '.join(self.over)}" if self.over else "")


def explain(tenant: Tenant, values: t.Mapping[str, t.Any], layers: t.Mapping[str, t.Sequence[Layer]]) -> list[Origin]:
    """Every value of the tenant, in the field table's order, then what the model computes.

    :param values: the variables that declare it, templated.
    :param layers: by variable, what sets it, the weakest first.
    """
    return [*(_field(tenant, field, values, layers.get(field.name, ())) for field in FIELDS), *_computed(tenant)]


def _field(tenant: Tenant, field: t.Any, values: t.Mapping[str, t.Any], layers: t.Sequence[Layer]) -> Origin:
    value = getattr(tenant, field.attribute)
    if values.get(field.name) is None:
        if field.default is not None:
            return Origin(field.name, value, "the model", "its default", ())
        return Origin(field.name, value, "the model", f"not given: {field.description}", ())
    shown = values[field.name]
    if not layers:
        return Origin(field.name, shown, "a variable of the run", "set by no file of the inventory", ())
    *lost, winner = layers
    rule = "" if not _templated(winner.value) else "templated"
    return Origin(
        field.name, shown, winner.where, rule, tuple(f"{layer.where} {_short(layer)}" for layer in reversed(lost))
    )


def _templated(value: t.Any) -> bool:
    return "{{" in str(value)


def _short(layer: Layer) -> str:
    text = repr(layer.value)
    return f"= {text}" if len(text) <= 60 else "= …"


def _computed(tenant: Tenant) -> t.Iterator[Origin]:
    """What no variable sets and what follows from several."""
    for workload in capacity.workloads(tenant):
        value = f"{workload.replicas} times {workload.connections} connections, {workload.memory_mb} MiB each"
        rule = f"odoo_packing={tenant.packing!r}; replaced {workload.replaces.replace('_', '/')}"
        yield Origin(f"workload {workload.name}", value, "the model (capacity)", rule, ())
    rule = f"replicas times connections, twice where a rollout has old and new, and {capacity.OPERATOR_CONNECTIONS} for operators"
    yield Origin("connection budget", capacity.connection_budget(tenant), "the model (capacity)", rule, ())
    yield Origin(
        "replica budget", capacity.replica_budget(tenant), "the model (capacity)", "connections to one replica", ()
    )
    yield Origin(
        "installed modules", list(tenant.all_modules), "the model (tenant)", "odoo_modules and the platform's own", ()
    )
    yield Origin("reporting role", tenant.reporting_user, "the model (tenant)", "odoo_database_user and _reporting", ())
    yield Origin("redis prefix", tenant.redis_prefix, "the model (tenant)", "the tenant's name", ())
