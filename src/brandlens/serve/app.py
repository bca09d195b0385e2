"""The application: models behind routes, with pages in front of them."""

import logging
import time
from http import HTTPMethod, HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from brandlens import __version__
from brandlens.serve import problems, security
from brandlens.serve.docs_page import docs_router
from brandlens.serve.health import health_router
from brandlens.serve.heatmap_routes import heatmap_router
from brandlens.serve.inference_protocol import inference_router
from brandlens.serve.limits import Bodies, is_http
from brandlens.serve.logo_routes import logo_router
from brandlens.serve.pages import pages_router
from brandlens.serve.problems import Problem
from brandlens.serve.sentiment_routes import sentiment_router
from brandlens.serve.service import Service
from brandlens.serve.settings import Settings
from brandlens.serve.table_routes import table_router

LOGGER = logging.getLogger("brandlens.serve")
DESCRIPTION = "Which pictures show our logo? Do people like us? The trained models, as a service."


def create_app(settings: Settings) -> FastAPI:
    """Return the application of a service. Raises ModelError for a model that cannot be loaded.

    Its `state.service` is the `Service` that holds the models.
    """
    service = Service.load(settings)
    app = FastAPI(
        title="brandlens", version=__version__, description=DESCRIPTION, docs_url=None, redoc_url=None,
    )  # fmt: skip
    app.state.service = service
    app.include_router(health_router(service))
    app.include_router(logo_router(service))
    app.include_router(heatmap_router(service))
    app.include_router(sentiment_router(service))
    app.include_router(table_router(service))
    app.include_router(inference_router(service))
    app.include_router(docs_router(app))
    app.include_router(pages_router(service))
    if settings.label_folder:
        from brandlens.serve.label.routes import label_router  # noqa: PLC0415, only who labels needs it

        app.include_router(label_router(service))
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_middleware(Guard, service=service)
    return app


class Guard:
    """Stands before all routes: checks each request, watches its body, counts it, and adds headers to its answer."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self.app, self.service = app, service
        self.bodies = Bodies(service.settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if not is_http(scope):
            await self.app(scope, receive, send)
            return
        start, path, status, code = time.perf_counter(), scope["path"], 0, ""

        async def sending(message: Message) -> None:
            nonlocal status, code
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = Headers(raw=message.get("headers", []))
                code = headers.get("x-problem", "")
                message = {**message, "headers": security.add_headers(message.get("headers", []))}
            await send(message)

        metrics = self.service.metrics
        watched, reading = self.bodies.watch(
            path, receive, lambda seconds: metrics.stages.labels(_route(scope), "read").observe(seconds)
        )
        try:
            headers = Headers(scope=scope)
            security.check(scope["method"], path, headers, self.service.settings)
            self.bodies.check_headers(path, headers)
            await self.app(scope, watched, sending)
        except Problem as problem:
            if status:
                raise
            await problems.response(problem, path)(scope, receive, sending)
        except ClientDisconnect:  # within an answer: there is nobody to tell
            pass
        except Exception:
            LOGGER.exception("%s %s", scope["method"], _route(scope))
            if status:
                raise
            failure = Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", "a fault of the service; see its log")
            await problems.response(failure, path)(scope, receive, sending)
        finally:
            reading.close()
            route = _route(scope)
            metrics.requests.labels(_method(scope), route, str(status)).inc()
            metrics.seconds.labels(route).observe(time.perf_counter() - start)
            if status >= 400:
                metrics.errors.labels(route, code or str(status)).inc()


def _route(scope: Scope) -> str:
    """Return the path of a request's route, with names for what varies in it."""
    return getattr(scope.get("route"), "path", "other")


def _method(scope: Scope) -> str:
    """Return a request's method; "other" for one that HTTP does not have."""
    return scope["method"] if scope["method"] in HTTPMethod.__members__ else "other"


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == HTTPStatus.BAD_REQUEST and not isinstance(error, Problem):  # FastAPI's, of any bad body
        error = Problem(HTTPStatus.BAD_REQUEST, "not_json", "the body is not JSON as it should be", "body")
    return problems.response(error, request.url.path)


async def _on_invalid(request: Request, error: Exception) -> Response:
    """Answer a request whose values are not as the OpenAPI says, in one line about the first of them."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place = first["loc"][1:]  # after body, query, path or header
    field = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")
    status = HTTPStatus.BAD_REQUEST if first["type"] == "json_invalid" else HTTPStatus.UNPROCESSABLE_ENTITY
    code = "not_json" if first["type"] == "json_invalid" else "invalid"
    problem = Problem(
        status, code, f"{field or 'body'}: {first['msg']}", "body" if code == "not_json" else field or "body"
    )
    return problems.response(problem, request.url.path)
