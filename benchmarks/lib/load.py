"""A steady load of a logged-in session, and what became of every request."""

from __future__ import annotations

import concurrent.futures
import re
import threading
import time
import typing as t

import requests
from localhost import resolve_localhost


class Load:
    """Requests of one user at a fixed rate. A request counts as failed when it is not answered as a logged-in user's.

    One that failed is sent once more, as a client would; ``failed_twice`` counts those that fail again.
    """

    def __init__(self, url: str, user: str, password: str, ca: str) -> None:
        resolve_localhost()
        self._url, self._user, self._password, self._ca = url, user, password, ca
        self._local = threading.local()
        self._lock = threading.Lock()
        self._cookies: dict[str, str] = {}
        self._uid = 0
        self.requests = self.failed = self.failed_twice = self.sessions_lost = 0
        self.errors: list[str] = []
        self.rate = 0.0

    def log_in(self) -> None:
        session = requests.Session()
        session.verify = self._ca
        session.trust_env = False  # a CA named in the environment would replace the one above
        page = session.get(f"{self._url}/web/login", timeout=60)
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text) or re.search(
            r'csrf_token:\s*"([^"]+)"', page.text
        )
        if found is None:
            raise SystemExit(f"{self._url}/web/login has no login form")
        form = {"login": self._user, "password": self._password, "csrf_token": found.group(1)}
        session.post(f"{self._url}/web/login", data=form, timeout=60, allow_redirects=False)
        self._cookies = session.cookies.get_dict()
        self._uid = self._ask(session)
        if not self._uid:
            raise SystemExit(f"login of {self._user} at {self._url} failed")

    def _ask(self, session: requests.Session) -> int:
        body = {"jsonrpc": "2.0", "method": "call", "params": {}}
        answer = session.post(f"{self._url}/web/session/get_session_info", json=body, timeout=60)
        answer.raise_for_status()
        return int((answer.json().get("result") or {}).get("uid") or 0)

    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
            self._local.session.verify = self._ca
            self._local.session.trust_env = False
            self._local.session.cookies.update(self._cookies)
        return t.cast("requests.Session", self._local.session)

    def _try(self) -> tuple[str, bool]:
        """What went wrong, if anything, and whether the session was lost."""
        try:
            return "", self._ask(self._session()) != self._uid
        except (requests.RequestException, ValueError) as error:
            return str(error), False

    def _one(self) -> None:
        problem, lost = self._try()
        again, lost = self._try() if problem else ("", lost)
        with self._lock:
            self.requests += 1
            self.sessions_lost += lost
            self.failed += bool(problem)
            self.failed_twice += bool(again)
            self.errors += [text[:200] for text in (problem, again) if text]

    def run(self, seconds: float, *, rate: float, also_while: t.Callable[[], bool]) -> None:
        """Send ``rate`` requests a second for ``seconds`` and as long as ``also_while`` holds, ten minutes at most."""
        started = time.monotonic()
        sent = 0
        with concurrent.futures.ThreadPoolExecutor(max_workers=16) as pool:
            while (elapsed := time.monotonic() - started) < seconds or (also_while() and elapsed < 600):
                pool.submit(self._one)
                sent += 1
                time.sleep(max(0.0, started + sent / rate - time.monotonic()))
        self.rate = self.requests / (time.monotonic() - started)
