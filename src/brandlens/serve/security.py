"""Who may ask a service, and what browsers may do with its answers."""

import hmac
from collections.abc import Iterable
from http import HTTPStatus

from starlette.datastructures import Headers

from brandlens.serve import hosts
from brandlens.serve.problems import Problem
from brandlens.serve.settings import Settings

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
# pages hold no data; they ask for the token, and send it with what they ask for
OPEN_PATHS = (
    "/", "/label", "/docs", "/openapi.json", "/favicon.ico", "/health/live", "/health/ready", "/v2/health/live",
    "/v2/health/ready",
)  # fmt: skip
OPEN_FOLDERS = ("/static/",)
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


def check(method: str, path: str, headers: Headers, settings: Settings) -> None:
    """Raise Problem for a request that another site's page sends, or one without the token."""
    host = headers.get("host", "")
    name = hosts.name(host)
    if not {"*", name} & {*hosts.LOOPBACK, settings.host.lower(), *map(str.lower, settings.allowed_hosts)}:
        raise Problem(
            HTTPStatus.FORBIDDEN, "unknown_host", "not a name of this service; allow it by --allowed-host", "Host"
        )
    origin = headers.get("origin")
    if method not in SAFE_METHODS and origin is not None and origin.partition("://")[2].lower() != host.lower():
        raise Problem(HTTPStatus.FORBIDDEN, "other_origin", "sent by a page of another site", "Origin")
    if settings.token is not None and not (path in OPEN_PATHS or path.startswith(OPEN_FOLDERS)):
        given = headers.get("authorization", "")
        scheme, _, token = given.partition(" ")
        known = hmac.compare_digest(token.strip().encode("latin-1", "replace"), settings.token.encode())
        if scheme.lower() != "bearer" or not known:
            raise Problem(
                HTTPStatus.UNAUTHORIZED,
                "no_token",
                "send the service's token: Authorization: Bearer TOKEN",
                "Authorization",
                headers={"WWW-Authenticate": "Bearer"},
            )


def add_headers(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Return the headers of an answer with those that every answer has."""
    own = list(headers)
    names = {name.lower() for name, _ in own}
    return own + [(name, value) for name, value in HEADERS if name not in names]
