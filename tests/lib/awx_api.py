"""As much of AWX's API as the modules of awx.awx use, in memory, with the refusals of the real one that a definition can meet.

AWX itself is a cluster of services that does not run in a test; its collection does, and talks to this. A playbook must be one of
the project's, a name is there once, prompts are refused where a template does not ask, rules of schedules are read by dateutil
as AWX does, and secrets are never shown.
"""

from __future__ import annotations

import itertools
import json
import re
import threading
import typing as t
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from dateutil.rrule import rrulestr

Item = dict[str, t.Any]

ROOT = "/api/v2/"
ENCRYPTED = "$encrypted$"
BUILT_IN_TYPES = ("Machine", "Source Control", "Vault", "Container Registry")
SECRET_INPUTS = {
    "password",
    "ssh_key_data",
    "ssh_key_unlock",
    "become_password",
    "vault_password",
    "kubeconfig",
    "token",
}
ROLES = ("admin", "read", "execute", "update", "use", "adhoc", "approval", "auditor", "member")
UNIFIED = {"job_templates": "job_template", "workflow_job_templates": "workflow_job_template", "projects": "project"}
PROMPTS = ("inventory", "limit", "job_type", "diff_mode")
APPROVALS = "workflow_approval_templates"


class Refused(Exception):
    """A request that AWX answers with 400."""


class Awx:
    """The objects. ``playbooks`` are what a project update finds in the repository."""

    def __init__(self, playbooks: t.Collection[str]) -> None:
        self.playbooks = playbooks
        self.items: dict[str, dict[int, Item]] = {}
        self.links: dict[str, list[int]] = {}
        self.writes: list[str] = []
        self.log: list[str] = []
        self._ids = itertools.count(1)
        self._lock = threading.Lock()
        for name in BUILT_IN_TYPES:
            self._make("credential_types", {"name": name, "kind": "ssh", "managed": True})

    def get(self, kind: str, name: str) -> Item:
        """The object of this name, for a test."""
        return next(item for item in self.items.get(kind, {}).values() if item["name"] == name)

    def linked(self, kind: str, name: str, association: str) -> list[int]:
        return self.links.get(f"{kind}/{self.get(kind, name)['id']}/{association}", [])

    def handle(self, method: str, path: str, query: dict[str, str], body: Item) -> tuple[int, t.Any]:
        parts = path.removeprefix(ROOT).strip("/").split("/")
        with self._lock:
            if method != "GET":
                self.writes.append(f"{method} {path}")
            if parts[0] == "project_updates":
                return 200, {
                    "finished": "2026-01-31T12:00:00Z",
                    "failed": False,
                    "status": "successful",
                    "scm_revision": "1",
                    "id": 1,
                }
            if len(parts) == 1:
                return self._collection(method, parts[0], query, body)
            kind, identifier = parts[0], int(parts[1])
            if len(parts) == 2:
                return self._one(method, kind, identifier, body)
            return self._below(method, kind, identifier, parts[2], body)

    def _collection(self, method: str, kind: str, query: dict[str, str], body: Item) -> tuple[int, t.Any]:
        if method == "POST":
            return 201, self._shown(kind, self._make(kind, body))
        found = [self._shown(kind, item) for item in self._search(kind, query)]
        return 200, {"count": len(found), "next": None, "results": found}

    def _search(self, kind: str, query: dict[str, str]) -> list[Item]:
        if kind == "unified_job_templates":
            kinds = [*UNIFIED, APPROVALS]
            candidates = [item for each in kinds for item in self.items.get(each, {}).values()]
        else:
            candidates = list(self.items.get(kind, {}).values())
        wanted = {name: value for name, value in query.items() if name not in ("type", "page_size")}
        # Kinds of credentials belong to no organization.
        return [
            item
            for item in candidates
            if all(str(item.get(name)) == value for name, value in wanted.items())
            and query.get("type", item.get("type")) == item.get("type")
        ]

    def _make(self, kind: str, body: Item) -> Item:
        name = body.get("name")
        same = [item for item in self.items.get(kind, {}).values() if name and item.get("name") == name]
        if kind != "workflow_job_template_nodes" and any(
            item.get(scope) == body.get(scope) for item in same for scope in [_scope(kind)]
        ):
            raise Refused(f"{kind} with this name already exists: {name}")
        self._check(kind, body)
        identifier = next(self._ids)
        item: Item = {"id": identifier, "type": UNIFIED.get(kind, kind.rstrip("s")), **body}
        item["url"] = f"{ROOT}{kind}/{identifier}/"
        self.items.setdefault(kind, {})[identifier] = item
        return item

    def _check(self, kind: str, item: Item) -> None:
        if kind == "job_templates":
            if item.get("playbook") not in self.playbooks:
                raise Refused(f"Playbook not found for project: {item.get('playbook')}")
            if not item.get("inventory") and not item.get("ask_inventory_on_launch"):
                raise Refused("Job Template 'inventory' is missing or must be asked for")
        if kind in ("schedules", "workflow_job_template_nodes") and item.get("unified_job_template"):
            template = self._unified(item["unified_job_template"])
            for prompt in PROMPTS:
                if item.get(prompt) and not template.get(f"ask_{prompt}_on_launch"):
                    raise Refused(f"Field is not configured to prompt on launch: {prompt} of {template['name']}")
            self._check_answers(item.get("extra_data") or {}, template)
        if kind == "schedules":
            rule = item["rrule"]
            if "INTERVAL" not in rule or not rule.startswith("DTSTART"):
                raise Refused(f"DTSTART and INTERVAL required in rrule: {rule}")
            rrulestr(rule.replace(" RRULE", "\nRRULE"))

    def _unified(self, identifier: int) -> Item:
        return next(
            items[identifier]
            for items in (self.items.get(kind, {}) for kind in (*UNIFIED, APPROVALS))
            if identifier in items
        )

    def _check_answers(self, answers: Item, template: Item) -> None:
        questions = {entry["variable"]: entry for entry in template.get("survey_spec", {}).get("spec", [])}
        for name, value in answers.items():
            if name not in questions and not template.get("ask_variables_on_launch"):
                raise Refused(f"Variables {name} are not allowed on launch of {template['name']}")
            choices = questions.get(name, {}).get("choices")
            if choices and value not in choices:
                raise Refused(f"Value {value} for '{name}' expected to be one of {choices}")

    def _one(self, method: str, kind: str, identifier: int, body: Item) -> tuple[int, t.Any]:
        if method == "DELETE":
            del self.items[kind][identifier]
            return 204, None
        item = self.items[kind][identifier]
        if method == "PATCH":
            self._check(kind, {**item, **body})
            item.update(_approval(body) if kind == APPROVALS else body)
        return 200, self._shown(kind, item)

    def _below(self, method: str, kind: str, identifier: int, what: str, body: Item) -> tuple[int, t.Any]:
        item = self.items.get(kind, {}).get(identifier, {})
        if what == "survey_spec":
            if method != "GET":
                item["survey_spec"] = _checked_survey(body) if method == "POST" else {}
            return 200, item.get("survey_spec", {})
        if what == "update":
            return 202, {"id": 1, "url": f"{ROOT}project_updates/1/"}
        if what == "create_approval_template":
            approval = self._make(APPROVALS, {**_approval(body), "type": "workflow_approval"})
            item["unified_job_template"] = approval["id"]
            return 201, self._shown(APPROVALS, approval)
        if kind == APPROVALS:  # edges belong to nodes
            raise KeyError(what)
        return self._linked(method, f"{kind}/{identifier}/{what}", body)

    def _linked(self, method: str, place: str, body: Item) -> tuple[int, t.Any]:
        linked = self.links.setdefault(place, [])
        if method == "POST":
            linked.remove(body["id"]) if body.get("disassociate") else linked.append(body["id"])
            return 204, None
        return 200, {"count": len(linked), "next": None, "results": [{"id": each} for each in linked]}

    def _shown(self, kind: str, item: Item) -> Item:
        url = item["url"]
        related = {"survey_spec": f"{url}survey_spec/", "update": f"{url}update/"}
        if kind == "workflow_job_template_nodes" and item.get("unified_job_template"):
            related["unified_job_template"] = self._unified(item["unified_job_template"])["url"]
        roles = {f"{role}_role": {"id": item["id"] * 100 + number} for number, role in enumerate(ROLES)}
        inputs = item.get("inputs")
        shown = {"related": related, "summary_fields": {"object_roles": roles}, "scm_revision": "1", **item}
        if kind == "credentials" and isinstance(inputs, dict):
            shown["inputs"] = {name: ENCRYPTED if name in SECRET_INPUTS else value for name, value in inputs.items()}
        return shown


def _approval(body: Item) -> Item:
    """What of a request an approval has; AWX ignores the node's other fields."""
    return {name: body[name] for name in ("name", "description", "timeout") if name in body}


def _scope(kind: str) -> str:
    """Within what a name is there once."""
    return {"inventory_sources": "inventory", "schedules": "unified_job_template"}.get(kind, "organization")


def _checked_survey(survey: Item) -> Item:
    for entry in survey["spec"]:
        multiple = entry["type"] in ("multiplechoice", "multiselect")
        if multiple and not entry.get("choices"):
            raise Refused(f"Survey question {entry['variable']} of type {entry['type']} must specify choices")
        if entry["type"] == "integer" and entry["default"] != "" and not isinstance(entry["default"], int):
            raise Refused(f"Default value {entry['default']} in survey question expected to be integer")
        if not re.fullmatch(r"[A-Za-z_]\w*", entry["variable"]):
            raise Refused(f"'{entry['variable']}' is not a variable")
    return survey


class _Handler(BaseHTTPRequestHandler):
    awx: Awx
    token: str
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(size) or b"{}")
        url = urllib.parse.urlsplit(self.path)
        answer: t.Any
        if self.headers.get("Authorization") != f"Bearer {self.token}":
            status, answer = 401, {"detail": "Authentication credentials were not provided."}
        else:
            try:
                status, answer = self.awx.handle(self.command, url.path, dict(urllib.parse.parse_qsl(url.query)), body)
            except (Refused, ValueError) as error:
                status, answer = 400, {"__all__": [str(error)]}
            except KeyError as error:
                status, answer = 404, {"detail": f"Not found: {error}"}
        content = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("X-API-Product-Name", "AWX")
        self.send_header("X-API-Product-Version", "24.6.1")
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PATCH = do_DELETE = _answer  # noqa: N815  # http.server's own names

    def log_message(self, format: str, *args: t.Any) -> None:  # noqa: A002  # the name of the overridden one
        self.awx.log.append(format % args)


def serve(awx: Awx, token: str) -> ThreadingHTTPServer:
    """Serve it on a free port of this machine in a thread of its own; ``shutdown()`` ends it."""
    handler = type("Handler", (_Handler,), {"awx": awx, "token": token})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
