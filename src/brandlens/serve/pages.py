"""Pages where anyone can try the models: plain files, which browsers ask for again only when they have changed."""

import hashlib
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import Response

from brandlens.serve.problems import Problem
from brandlens.serve.service import Service

STATIC = Path(__file__).parent / "static"
REPORT = Path(__file__).parents[1] / "report" / "templates"
STYLES = (REPORT / "colors.css", REPORT / "style.css")  # the same as of the reports
MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}  # fmt: skip
INDEX, ICON = "try.html", "icon.svg"
LABEL_LINK = b'<a href="/label">Label</a>\n'


@dataclass(frozen=True)
class File:
    """A file of the pages. etag: tells its content from others."""

    content: bytes
    media_type: str
    etag: str

    @classmethod
    def of(cls, content: bytes, media_type: str) -> "File":
        """Return the file of a content."""
        return cls(content, media_type, f'"{hashlib.sha256(content).hexdigest()[:32]}"')

    def response(self, request: Request) -> Response:
        """Answer with the file, or that the browser has it already."""
        headers = {"etag": self.etag, "cache-control": "no-cache"}
        if self.etag in request.headers.get("if-none-match", ""):
            return Response(None, HTTPStatus.NOT_MODIFIED, headers)
        return Response(self.content, headers=headers, media_type=self.media_type)


def pages_router(service: Service) -> APIRouter:
    """Return the routes of the pages, and of the files that they need, all read now."""
    router = APIRouter(include_in_schema=False)
    paths = [path for path in [*sorted(STATIC.iterdir()), *STYLES] if path.suffix in MEDIA_TYPES]
    contents = {path.name: path.read_bytes() for path in paths}
    if service.settings.label_folder is None:
        contents[INDEX] = contents[INDEX].replace(LABEL_LINK, b"")
    files = {name: File.of(content, MEDIA_TYPES[Path(name).suffix]) for name, content in contents.items()}

    @router.api_route("/", methods=["GET", "HEAD"])
    async def index(request: Request) -> Response:
        return files[INDEX].response(request)

    @router.api_route("/favicon.ico", methods=["GET", "HEAD"])
    async def icon(request: Request) -> Response:
        return files[ICON].response(request)

    @router.api_route("/static/{name}", methods=["GET", "HEAD"])
    async def static(request: Request, name: str) -> Response:
        if name not in files:
            raise Problem(HTTPStatus.NOT_FOUND, "not_found", "no such file of the pages")
        return files[name].response(request)

    return router
