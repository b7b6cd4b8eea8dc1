# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an API server of Kubernetes may answer that is not a success, as exceptions that say what to do next."""

from __future__ import annotations

import re
import typing as t

from .errors import OdooError


class FieldConflict(t.NamedTuple):
    """A field that another manager owns with another value."""

    manager: str
    field: str


class ApiError(OdooError):
    """An answer that is not a success. ``status`` is the HTTP status, 0 where there was no answer."""

    def __init__(self, message: str, *, status: int = 0, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.status = status


class Unreachable(ApiError):
    """The API server does not answer, or broke off."""


class Unavailable(ApiError):
    """The API server answers, but asked to come back later until patience ran out."""


class Conflict(ApiError):
    """Server-side apply found fields that others own."""

    def __init__(self, message: str, conflicts: tuple[FieldConflict, ...], *, status: int) -> None:
        super().__init__(message, status=status, hint=CONFLICT_HINT)
        self.conflicts = conflicts


class Stale(ApiError):
    """The object is not the one that was seen: another uid or resourceVersion, or it exists already."""


class UnknownField(ApiError):
    """A manifest has a field that the kind does not have."""


class Invalid(ApiError):
    """A manifest breaks a rule of its kind."""


class Refused(ApiError):
    """A webhook or an admission policy refuses."""


class QuotaExceeded(ApiError):
    """The namespace's ResourceQuota leaves no room."""


class Forbidden(ApiError):
    """The credentials do not permit it, or are not accepted."""


class Terminating(ApiError):
    """The namespace is being removed."""


class MissingKind(ApiError):
    """The API server does not know the kind: its CustomResourceDefinition is missing."""


class MissingNamespace(ApiError):
    """The namespace does not exist."""


CONFLICT_HINT = (
    "Let that manager give the field up, take the field out of what is declared, or take it over with force: true"
)

#: One text of admission a line: what it looks like and who speaks.
_ADMISSION = (
    re.compile(r'admission webhook "(?P<who>[^"]+)" denied the request'),
    re.compile(r"(?P<who>ValidatingAdmissionPolicy '[^']+'(?: with binding '[^']+')?) denied request"),
    re.compile(r"violates (?P<who>PodSecurity \"[^\"]+\")"),
)


def from_status(status: int, body: t.Mapping[str, t.Any], subject: str) -> ApiError:
    """The exception for an answer.

    :param body: the Status object of the answer; empty where there was none.
    :param subject: kind and name of what was asked for, for the message.
    """
    message = str(body.get("message") or f"HTTP {status}").strip()
    said = f"{subject}: {message}"
    details = body.get("details") or {}
    causes = details.get("causes") or []
    if status == 409:
        return _conflict(said, causes, status)
    for pattern in _ADMISSION:
        found = pattern.search(message)
        if found:
            return Refused(said, status=status, hint=f"Ask whoever keeps {found['who']}, or correct what is declared")
    if status == 404:
        return _missing(said, body, details, status)
    if "not declared in schema" in message or (status == 400 and "unknown field" in message):
        return UnknownField(
            said, status=status, hint="Correct the name of the field; odoo_kubernetes_patches may have introduced it"
        )
    if status == 403 and "exceeded quota" in message:
        return QuotaExceeded(said, status=status, hint="Raise the tier's quota, or declare less")
    if any(cause.get("reason") == "NamespaceTerminating" for cause in causes):
        return Terminating(said, status=status, hint="Run again when the namespace is gone")
    return _other(said, status)


def _conflict(said: str, causes: t.Sequence[t.Mapping[str, str]], status: int) -> ApiError:
    conflicts = tuple(
        FieldConflict(_manager(cause.get("message", "")), cause.get("field", ""))
        for cause in causes
        if cause.get("reason") == "FieldManagerConflict"
    )
    if conflicts:
        return Conflict(said, conflicts, status=status)
    return Stale(said, status=status, hint="Somebody else changed it at the same time: run again")


def _manager(message: str) -> str:
    """The manager named in 'conflict with "kubectl" using apps/v1', with its subresource where one is named."""
    found = re.search(r'conflict with "([^"]+)"(?: with subresource "([^"]+)")?', message)
    if not found:
        return message
    return f"{found[1]} (subresource {found[2]})" if found[2] else found[1]


def _missing(said: str, body: t.Mapping[str, t.Any], details: t.Mapping[str, t.Any], status: int) -> ApiError:
    if details.get("kind") == "namespaces":
        return MissingNamespace(said, status=status, hint="Create it, or converge the tenant first")
    if not details.get("name"):
        # Without a name it is the path that is unknown: a Status without details, or plain text where even the group is.
        return MissingKind(
            f"{said}: the API server does not know this kind" if body else said,
            status=status,
            hint="Run the role kubernetes_platform, which brings the CustomResourceDefinitions",
        )
    return ApiError(said, status=status)


def _other(said: str, status: int) -> ApiError:
    if status in (401, 403):
        return Forbidden(said, status=status, hint="Check the kubeconfig's user and its roles")
    if status in (400, 415, 422):
        return Invalid(said, status=status, hint="Correct what is declared; odoo_kubernetes_patches may have caused it")
    if status == 429 or status >= 500:
        return Unavailable(said, status=status, hint="Look at the API server's and the webhooks' health and run again")
    return ApiError(said, status=status)
