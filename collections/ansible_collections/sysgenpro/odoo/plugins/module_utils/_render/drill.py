# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of a drill: what was tried, what was found, how long it took, and whether that is good enough."""

from __future__ import annotations

import datetime
import html
import typing as t

if t.TYPE_CHECKING:
    from .._model.tenant import Tenant

#: Bytes of a WAL segment that are there before anything is written: its header.
EMPTY_SEGMENT = 64


def report(tenant: Tenant, facts: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The report as it is signed.

    :param facts: what the tasks registered: started, finished (seconds since the epoch), repository, reference, manifest,
        archiver (of M(sysgenpro.odoo.postgresql_replication_info)), restored, amcheck, files, trial or trial_failure, cleaned, and
        failure, a task and its message or None. What was not reached is None.
    """
    checks = [check for check in (_database(facts), _files(facts), _use(facts), _clean(facts)) if check]
    failure = facts.get("failure")
    findings = [f"{check['name']}: {check['text']}" for check in checks if not check["ok"]]
    if failure:
        findings.insert(0, f"{failure['task']}: {failure['message']}")
    objectives = _objectives(tenant, facts)
    findings += [
        f"{item['name']} took {item['seconds']:.0f} s, the objective is {item['objective']} s"
        for item in objectives
        if item["met"] is False
    ]
    missing = {"database", "files", "use"} - {check["key"] for check in checks}
    if missing and not failure:
        findings.append(f"not tried: {', '.join(sorted(missing))}")
    manifest = facts.get("manifest") or {}
    return {
        "verdict": "failed" if findings else "passed",
        "findings": findings,
        "tenant": tenant.tenant,
        "region": tenant.region,
        "environment": tenant.environment,
        "tier": tenant.tier,
        "started": _utc(facts["started"]),
        "seconds": round(facts["finished"] - facts["started"], 1),
        "point": _point(facts, manifest),
        "repository": facts["repository"],
        "release": {name: (manifest.get("release") or {}).get(name) for name in ("image", "image_id", "digest")},
        "objectives": objectives,
        "stages": _stages(facts),
        "checks": [{name: check[name] for name in ("name", "ok", "text")} for check in checks],
    }


def _utc(seconds: float) -> str:
    return datetime.datetime.fromtimestamp(seconds, tz=datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _point(facts: t.Mapping[str, t.Any], manifest: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    database = manifest.get("database") or {}
    found: dict[str, t.Any] = {"reference": facts.get("reference") or None, "chosen": facts.get("chosen")}
    if not manifest:
        return found
    taken = datetime.datetime.strptime(manifest["time"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc)
    return {
        **found,
        "time": manifest["time"],
        "age_seconds": round(facts["started"] - taken.timestamp()),
        "lsn": database.get("lsn"),
        "timeline": database.get("timeline"),
        "exact": manifest.get("exact"),
        "attachments": (manifest.get("attachments") or {}).get("count"),
        "bytes": database.get("bytes"),
    }


def _objectives(tenant: Tenant, facts: t.Mapping[str, t.Any]) -> list[dict[str, t.Any]]:
    point, time = _lost(facts.get("archiver")), None
    trial = facts.get("trial")
    if trial:
        time = facts["used"] - facts["started"]
    return [
        _objective("Recovery point (RPO)", point, tenant.recovery_point_objective),
        _objective("Recovery time (RTO)", time, tenant.recovery_time_objective),
    ]


def _lost(archiver: t.Mapping[str, t.Any] | None) -> float | None:
    """Seconds of work that would have been lost had only the archive been left when the drill began."""
    if not archiver or archiver.get("behind") is None:
        return None
    return 0.0 if archiver["behind"] <= EMPTY_SEGMENT else archiver["since_success"]


def _objective(name: str, seconds: float | None, objective: int) -> dict[str, t.Any]:
    measured = None if seconds is None else round(seconds, 1)
    return {
        "name": name,
        "seconds": measured,
        "objective": objective,
        "met": None if measured is None else measured <= objective,
    }


def _stages(facts: t.Mapping[str, t.Any]) -> list[dict[str, t.Any]]:
    restored, trial = facts.get("restored") or {}, facts.get("trial") or {}
    files, used = facts.get("files") or {}, trial.get("seconds") or {}
    found = {
        "Backup fetched": (restored.get("seconds") or {}).get("fetch"),
        "Recovered to the point": (restored.get("seconds") or {}).get("recover"),
        "Database held and renewed": used.get("held"),
        "Odoo started": used.get("serving", 0) - used.get("held", 0) if used else None,
        "Odoo used": used.get("used", 0) - used.get("serving", 0) if used else None,
        "Database checked": facts.get("amcheck_seconds"),
        "Files checked": files.get("seconds"),
    }
    return [{"name": name, "seconds": round(seconds, 1)} for name, seconds in found.items() if seconds is not None]


def _database(facts: t.Mapping[str, t.Any]) -> dict[str, t.Any] | None:
    done = facts.get("amcheck")
    if done is None:
        return None
    text = "every table and index verified" if done["ok"] else done["text"]
    return {"key": "database", "name": "Database (amcheck)", "ok": done["ok"], "text": text}


def _files(facts: t.Mapping[str, t.Any]) -> dict[str, t.Any] | None:
    done = facts.get("files")
    if done is None:
        return None
    read = f"{done['read']} read and hashed" if done["mode"] == "deep" else "none read"
    text = f"{done['attachments']} attachments, {done['named_by_manifest']} named by the recovery point, {read}"
    if not done["ok"]:
        text += "; " + ", ".join(f"{count} {kind}" for kind, count in sorted(done["findings"]["counts"].items()))
        first = [item for found in done["findings"]["first"].values() for item in found][:3]
        text += ": " + "; ".join(f"{item['key']} ({item.get('detail', '')})" for item in first)
    return {"key": "files", "name": "Files", "ok": done["ok"], "text": text}


def _use(facts: t.Mapping[str, t.Any]) -> dict[str, t.Any] | None:
    done = facts.get("trial")
    if done is None:
        failed = facts.get("trial_failure")
        return {"key": "use", "name": "Odoo in use", "ok": False, "text": failed} if failed else None
    found = done["checks"]["found"]
    steps = ", ".join(name for name in done["checks"]["milliseconds"] if name != "stored")
    text = f"{steps}: as they should be; "
    text += "a stored file came back as it was" if found.get("stored") else "it has no stored file to fetch"
    text += f"; order {found['order']} was sold" if found.get("order") else ""
    return {"key": "use", "name": "Odoo in use", "ok": True, "text": text}


def _clean(facts: t.Mapping[str, t.Any]) -> dict[str, t.Any] | None:
    if facts.get("cleaned") is None:
        return None
    text = "nothing of the drill is left" if facts["cleaned"] else "parts of the drill could not be removed"
    return {"key": "clean", "name": "Cleaned up", "ok": bool(facts["cleaned"]), "text": text}


STYLE = """
:root { color-scheme: light; --ink: #1c2430; --soft: #5b6675; --line: #d9dee5; --good: #1b7a43; --bad: #b3261e; }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); max-width: 58rem; margin: 2rem auto; padding: 0 1.5rem; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1.05rem; margin: 2rem 0 .5rem; }
p { margin: .25rem 0; } .soft { color: var(--soft); }
.verdict { display: inline-block; padding: .1rem .7rem; border-radius: 1rem; color: #fff; font-weight: 600; }
.passed { background: var(--good); } .failed { background: var(--bad); }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; color: var(--soft); } td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
code { font: 13px/1.4 ui-monospace, monospace; overflow-wrap: anywhere; } li { margin: .25rem 0; }
.good { color: var(--good); font-weight: 600; } .bad { color: var(--bad); font-weight: 600; }
"""


def page(document: t.Mapping[str, t.Any]) -> str:
    """The report for people: one HTML page that needs nothing else."""
    said = _escaped(document)
    head = (
        f"<h1>Recovery drill of {said['tenant']}</h1>"
        f"<p><span class='verdict {said['verdict']}'>{said['verdict']}</span> "
        f"<span class='soft'>{said['started']}, {said['seconds']} s, region {said['region']}, {said['environment']}, tier {said['tier']}</span></p>"
    )
    found = "".join(f"<li>{item}</li>" for item in said["findings"])
    parts = [
        head,
        f"<h2>What was found</h2><ul class='bad'>{found}</ul>" if found else "",
        "<h2>Objectives</h2>"
        + _table(("", "Measured", "Objective", ""), [_objective_row(o) for o in said["objectives"]]),
        "<h2>What was tried</h2>" + _table(("", "", ""), [_check_row(check) for check in said["checks"]]),
        "<h2>How long it took</h2>" + _table(("", "Seconds"), [_stage_row(stage) for stage in said["stages"]]),
        "<h2>From what</h2>" + _table(("", ""), _origin_rows(said)),
        "<p class='soft'>The signed report is <code>manifest.json</code> beside this page; its signature names this page's checksum.</p>",
    ]
    title = f"Recovery drill of {said['tenant']}, {said['started']}"
    return (
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{title}</title><style>{STYLE}</style></head>"
        f"<body>{''.join(parts)}</body></html>\n"
    )


def _escaped(value: t.Any) -> t.Any:
    """Every text of a document, safe in HTML."""
    if isinstance(value, t.Mapping):
        return {key: _escaped(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_escaped(item) for item in value]
    return html.escape(value) if isinstance(value, str) else value


def _table(names: t.Sequence[str], rows: t.Sequence[str]) -> str:
    numbers = ("Measured", "Objective", "Seconds")
    head = "".join(f"<th{' class=number' if name in numbers else ''}>{name}</th>" for name in names)
    return f"<table>{f'<tr>{head}</tr>' if any(names) else ''}{''.join(rows)}</table>"


def _mark(good: bool | None) -> str:
    if good is None:
        return "<span class='soft'>not measured</span>"
    return "<span class='good'>met</span>" if good else "<span class='bad'>not met</span>"


def _objective_row(item: t.Mapping[str, t.Any]) -> str:
    measured = "-" if item["seconds"] is None else f"{item['seconds']} s"
    return (
        f"<tr><td>{item['name']}</td><td class='number'>{measured}</td>"
        f"<td class='number'>{item['objective']} s</td><td>{_mark(item['met'])}</td></tr>"
    )


def _check_row(item: t.Mapping[str, t.Any]) -> str:
    mark = "<span class='good'>good</span>" if item["ok"] else "<span class='bad'>bad</span>"
    return f"<tr><td>{item['name']}</td><td>{mark}</td><td>{item['text']}</td></tr>"


def _stage_row(item: t.Mapping[str, t.Any]) -> str:
    return f"<tr><td>{item['name']}</td><td class='number'>{item['seconds']}</td></tr>"


def _origin_rows(said: t.Mapping[str, t.Any]) -> list[str]:
    point, repository = said["point"], said["repository"]
    values = {
        "Recovery point": f"<code>{point['reference']}</code> ({point['chosen']})",
        "Taken": f"{point.get('time')}, {point.get('age_seconds')} s before the drill" if point.get("time") else None,
        "WAL": f"<code>{point.get('lsn')}</code> on timeline {point.get('timeline')}" if point.get("lsn") else None,
        "Repository": f"{repository['number']}: bucket {repository['bucket']} at {repository['host']}",
        "Release": f"<code>{said['release']['image']}</code>" if said["release"]["image"] else None,
    }
    return [f"<tr><td>{name}</td><td>{value}</td></tr>" for name, value in values.items() if value]
