# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command attachments-copy: copy the attachments of every tenant to a bucket off-site, again and again.

    attachments-copy            run until told to end
    attachments-copy now        copy once
    attachments-copy status     exit 0 where the newest complete copy is recent, else 1 with the reason

Each bucket the reading key sees goes below its own name into the destination. rclone compares checksums and only adds:
what is deleted in the region stays off-site, and what is overwritten stays as an older version. The key that reads can
write nothing of a tenant's, the key that writes can read nothing in the region and removes no version.

Each run is one line of JSON on standard output, an object in the bucket of the reports, and the newest in status.json.
"""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
import typing as t
from pathlib import Path

PLAIN = Path("/etc/attachments_copy/copies.json")
SECRET = Path("/etc/attachments_copy/keys.json")
STATUS = Path("/var/lib/attachments_copy/status.json")
#: Seconds for a listing or a report; a bucket has the whole interval.
SHORT = 60
RCLONE = ("rclone", "--config=/dev/null", "--ca-cert=/etc/attachments_copy/ca.crt", "--contimeout=10s", "--timeout=60s")
COPY = (
    *(
        "--checksum",
        "--metadata",
        "--fast-list",
        "--transfers=4",
        "--checkers=8",
        "--retries=2",
        "--low-level-retries=3",
    ),
    *("--use-json-log", "--log-level=NOTICE", "--stats=24h", "--stats-log-level=NOTICE", "--s3-no-check-bucket"),
)


class Failed(Exception):
    """What rclone could not do, as it is reported."""


@dataclasses.dataclass(frozen=True)
class Copies:
    """What is copied where. ``interval`` in seconds; ``closed`` are buckets that are no tenant's."""

    destination: str
    reports: str
    closed: frozenset[str]
    interval: float
    environment: t.Mapping[str, str] = dataclasses.field(repr=False)


def parse(plain: t.Mapping[str, t.Any], keys: t.Mapping[str, t.Any]) -> Copies:
    """The configuration and the keys as rclone reads them, from its environment and never from its arguments."""
    environment = {}
    for remote in ("source", "destination"):
        options = {
            "TYPE": "s3",
            "PROVIDER": "Other",
            "ENDPOINT": plain[remote]["endpoint"],
            "REGION": plain[remote].get("region") or "us-east-1",
            "FORCE_PATH_STYLE": "true",
            "ACCESS_KEY_ID": keys[remote]["access_key"],
            "SECRET_ACCESS_KEY": keys[remote]["secret_key"],
        }
        environment.update({f"RCLONE_CONFIG_{remote.upper()}_{name}": value for name, value in options.items()})
    return Copies(
        destination=plain["destination"]["bucket"],
        reports=plain["reports"],
        closed=frozenset([*plain["closed"], plain["reports"]]),
        interval=float(plain["interval"]),
        environment=environment,
    )


def numbers(log: str) -> dict[str, int]:
    """Of rclone's JSON log what was compared, copied and failed."""
    found: dict[str, t.Any] = {}
    for line in log.splitlines():
        if '"stats"' in line:
            found = json.loads(line)["stats"]
    names = {"objects": "totalChecks", "copied": "transfers", "bytes": "bytes", "errors": "errors"}
    return {name: int(found.get(theirs, 0)) for name, theirs in names.items()}


def complaint(log: str) -> str:
    """The first error in rclone's log."""
    for line in log.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            entry = {"level": "error", "msg": line}
        if entry.get("level") in ("error", "critical", "fatal"):
            return str(entry.get("msg", "")).strip()[-300:]
    return "rclone failed and said nothing"


def problem(status: t.Mapping[str, t.Any], interval: float, now: float) -> str | None:
    """Why the copy is not well, or None: there is none, or the newest complete one is older than twice its interval."""
    complete, last = status.get("complete"), status.get("last", {})
    if complete and now - complete <= 2 * interval:
        return None
    told = f": {last['error']}" if last.get("error") else ""
    return f"the newest complete copy is of {utc(complete) if complete else 'never'}{told}"


def utc(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def rclone(copies: Copies, *arguments: str, seconds: float, content: str = "") -> subprocess.CompletedProcess[str]:
    """Run rclone to its end.

    :raises Failed: it takes longer than ``seconds``.
    """
    environment = {**os.environ, **copies.environment}
    try:
        return subprocess.run(
            [*RCLONE, *arguments],
            input=content,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            env=environment,
        )
    except subprocess.TimeoutExpired:
        raise Failed(f"rclone {arguments[0]} did not end within {seconds:g} s") from None


def buckets(copies: Copies) -> list[str]:
    """The tenants' buckets there are now: a new tenant's is copied without being announced."""
    done = rclone(copies, "lsf", "--dirs-only", "--retries=1", "--low-level-retries=2", "source:", seconds=SHORT)
    if done.returncode:
        raise Failed(f"the buckets cannot be listed: {complaint(done.stderr)}")
    return sorted({line.rstrip("/") for line in done.stdout.splitlines()} - copies.closed)


def copy(copies: Copies, bucket: str) -> dict[str, t.Any]:
    """Copy one bucket; what a report says of it."""
    target = f"destination:{copies.destination}/{bucket}"
    try:
        done = rclone(copies, "copy", *COPY, f"source:{bucket}", target, seconds=max(copies.interval, 600))
    except Failed as error:
        return {"bucket": bucket, "error": str(error)}
    return {"bucket": bucket, **numbers(done.stderr), "error": complaint(done.stderr) if done.returncode else ""}


def run(copies: Copies) -> dict[str, t.Any]:
    """Copy every bucket once; the report."""
    started = time.time()
    try:
        done = [copy(copies, bucket) for bucket in buckets(copies)]
        errors = [f"{part['bucket']}: {part['error']}" for part in done if part["error"]]
    except Failed as error:
        done, errors = [], [str(error)]
    report: dict[str, t.Any] = {
        "time": utc(started),
        "copy": copies.destination,
        "result": "failed" if errors else "success",
    }
    report |= {"seconds": round(time.time() - started, 1), "buckets": done, "error": "; ".join(errors)}
    keep(copies, report, started)
    return report


def keep(copies: Copies, report: dict[str, t.Any], started: float) -> None:
    """Write the report where it outlives the container; one that cannot be stored fails no copy."""
    name = f"source:{copies.reports}/runs/{utc(started)[:10]}/{utc(started)}.json"
    try:
        done = rclone(copies, "rcat", "--s3-no-check-bucket", name, seconds=SHORT, content=json.dumps(report))
        report["stored"] = done.returncode == 0
    except Failed:
        report["stored"] = False
    complete = started if report["result"] == "success" else read_status().get("complete")
    temporary = STATUS.with_suffix(f".{os.getpid()}")
    temporary.write_text(json.dumps({"complete": complete, "last": report}), encoding="utf-8")
    temporary.replace(STATUS)
    print(json.dumps(report), flush=True)


def read_status() -> dict[str, t.Any]:
    try:
        return t.cast("dict[str, t.Any]", json.loads(STATUS.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def serve(copies: Copies) -> None:
    """Copy once an interval until told to end; what was missed while off is made good at once."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    while True:
        waited = time.time() - (read_status().get("complete") or 0)
        if waited >= copies.interval:
            run(copies)
        time.sleep(min(max(copies.interval - waited, 0), 60) or 60)


def main(arguments: t.Sequence[str]) -> int:
    """Run one of the three commands; the exit status."""
    if list(arguments) not in ([], ["now"], ["status"]):
        sys.stderr.write(__doc__ or "")
        return 2
    copies = parse(json.loads(PLAIN.read_text(encoding="utf-8")), json.loads(SECRET.read_text(encoding="utf-8")))
    if not arguments:
        serve(copies)
    if list(arguments) == ["now"]:
        return 0 if run(copies)["result"] == "success" else 1
    found = problem(read_status(), copies.interval, time.time())
    if found:
        sys.stderr.write(f"{found}\n")
    return 1 if found else 0
