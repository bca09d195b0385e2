"""The OpenAPI as a page: plain HTML made from the schema, which needs nothing from a network and no script."""

import html
import json
from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.responses import HTMLResponse

HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}: the interface</title>
<link rel="stylesheet" href="/static/colors.css">
<link rel="stylesheet" href="/static/style.css">
</head>
<body>
<main>
<h1>{title} {version}: the interface</h1>
<p>{description} For programs: <a href="/openapi.json">openapi.json</a>.</p>
"""


def docs_router(app: FastAPI) -> APIRouter:
    """Return the route of the page."""
    router = APIRouter(include_in_schema=False)
    pages = list[str]()

    @router.get("/docs", response_class=HTMLResponse)
    async def docs() -> str:
        if not pages:
            pages.append("".join(render(app.openapi())))
        return pages[0]

    return router


def render(schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield the page of an OpenAPI schema."""
    info = {key: html.escape(str(value)) for key, value in schema["info"].items()}
    yield HEAD.format(**info)
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            yield from _render_operation(f"{method.upper()} {path}", operation)
    yield "<h2>Shapes</h2>\n"
    for name, shape in schema.get("components", {}).get("schemas", {}).items():
        yield f'<h3 id="{html.escape(name)}">{html.escape(name)}</h3>\n{_code(shape)}'
    yield "</main>\n</body>\n</html>\n"


def _render_operation(title: str, operation: Mapping[str, Any]) -> Iterator[str]:
    yield f"<section>\n<h2><code>{html.escape(title)}</code></h2>\n"
    for paragraph in operation.get("description", "").split("\n\n"):
        yield f"<p>{html.escape(paragraph)}</p>\n"
    if parameters := operation.get("parameters"):
        yield "<h3>Parameters</h3>\n<dl>\n"
        for parameter in parameters:
            kind = json.dumps(parameter["schema"], ensure_ascii=False)
            yield f"<dt><code>{html.escape(parameter['name'])}</code> in {parameter['in']}</dt>\n"
            yield f"<dd>{html.escape(parameter.get('description', ''))} <code>{html.escape(kind)}</code></dd>\n"
        yield "</dl>\n"
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        yield f"<h3>Body: {html.escape(kind)}</h3>\n"
        yield _code(content["example"] if "example" in content else content.get("schema", {}))
    yield "<h3>Answers</h3>\n<dl>\n"
    for status, answer in operation["responses"].items():
        kinds = " or ".join(_describe(kind, content) for kind, content in answer.get("content", {}).items())
        yield f"<dt><code>{html.escape(status)}</code></dt>\n<dd>{html.escape(answer['description'])} {kinds}</dd>\n"
    yield "</dl>\n</section>\n"


def _describe(kind: str, content: Mapping[str, Any]) -> str:
    reference = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
    link = f': <a href="#{html.escape(reference)}">{html.escape(reference)}</a>' if reference else ""
    return f"<code>{html.escape(kind)}</code>{link}"


def _code(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
    return f"<pre><code>{html.escape(text)}</code></pre>\n"
