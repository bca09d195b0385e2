"""Errors as a service answers them: one JSON shape that names the field and the fix."""

import json
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response


class ProblemDetail(BaseModel):
    """What went wrong with a request."""

    code: str = Field(description="For programs", examples=["picture_too_large"])
    message: str = Field(description="One line: what, and the fix")
    field: str | None = Field(description='Part of the request, such as "pictures[2]"')


class ProblemBody(BaseModel):
    """The answer to a request that was refused."""

    error: ProblemDetail


class Problem(HTTPException):
    """A request that is refused.

    code: a word for programs. message: one line, what and the fix. field: the part of the request. retry_after: seconds
    until it may succeed. headers: others of the answer.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        field: str | None = None,
        *,
        retry_after: int | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        headers = dict(headers or {}) | ({"Retry-After": str(retry_after)} if retry_after else {})
        super().__init__(status, message, headers)
        self.code, self.field = code, field


def busy(message: str) -> Problem:
    """Return the problem of a service with too much to do."""
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "busy", message, retry_after=1)


def response(problem: HTTPException, path: str) -> Response:
    """Return the answer that tells of a problem; below /v2 in the shape of the Open Inference Protocol."""
    message = str(problem.detail)
    code = getattr(problem, "code", HTTPStatus(problem.status_code).phrase.lower().replace(" ", "_"))
    content: dict[str, Any] = {"error": {"code": code, "message": message, "field": getattr(problem, "field", None)}}
    if path == "/v2" or path.startswith("/v2/"):
        content = {"error": message}
    body = json.dumps(content, ensure_ascii=False).encode("utf-8", "backslashreplace")
    answer = Response(body, problem.status_code, problem.headers, "application/json")
    answer.headers["X-Problem"] = code
    return answer


def responses(*statuses: int, model: Any = ProblemBody) -> dict[int | str, dict[str, Any]]:
    """Return the problems that a route may answer with, for its OpenAPI, beside those that any may."""
    every: Iterable[int] = (400, 401, 403, 408, 413, 429, 503, *statuses)
    return {status: {"model": model, "description": HTTPStatus(status).phrase} for status in sorted(set(every))}
