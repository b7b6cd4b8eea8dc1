"""Writes to a cluster that say what became of them."""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
import typing as t

import psycopg2

if t.TYPE_CHECKING:
    from postgresql_faults import Cluster


class Writes:
    """Rows written one after the other by several connections, while the block runs.

    A row counts as acknowledged when its statement returned: in autocommit mode that is the server's commit.
    """

    def __init__(self, cluster: Cluster, writers: int = 4) -> None:
        self._cluster = cluster
        self._done = threading.Event()
        self._lock = threading.Lock()
        self.acknowledged: list[tuple[float, int, int]] = []
        first = cluster.execute("SELECT coalesce(max(number), 0) FROM write")[0][0] + 1
        self._threads = [threading.Thread(target=self._write, args=(w, first), daemon=True) for w in range(writers)]

    def __enter__(self) -> Writes:
        for thread in self._threads:
            thread.start()
        self.wait_for_more()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join(timeout=30)

    def _write(self, writer: int, number: int) -> None:
        while not self._done.is_set():
            with (
                contextlib.suppress(psycopg2.Error),
                contextlib.closing(self._cluster.connect()) as connection,
                connection.cursor() as cursor,
            ):
                while not self._done.is_set():
                    # A number is tried once: whether one that failed is there says nothing.
                    number += 1
                    cursor.execute("INSERT INTO write VALUES (%s, %s)", (writer, number))
                    with self._lock:
                        self.acknowledged.append((time.monotonic(), writer, number))
            self._done.wait(0.02)

    def wait_for_more(self, rows: int = 50, timeout: float = 90) -> None:
        """Until so many more rows are acknowledged than now."""
        wanted = len(self.acknowledged) + rows
        deadline = time.monotonic() + timeout
        while len(self.acknowledged) < wanted:
            if time.monotonic() > deadline:
                raise TimeoutError(f"only {len(self.acknowledged) - wanted + rows} of {rows} rows in {timeout:g} s")
            time.sleep(0.02)

    def gap(self, since: float) -> float:
        """Seconds of the longest pause between two acknowledged rows, of all writers together, after ``since``."""
        moments = sorted(moment for moment, _writer, _number in list(self.acknowledged))
        before = [moment for moment in moments if moment <= since][-1:]
        after = [*before, *(moment for moment in moments if moment > since)]
        return max(later - earlier for earlier, later in itertools.pairwise(after))

    def lost(self) -> int:
        """How many acknowledged rows the cluster no longer has."""
        kept = set(self._cluster.execute("SELECT writer, number FROM write"))
        return len({(writer, number) for _moment, writer, number in self.acknowledged} - kept)
