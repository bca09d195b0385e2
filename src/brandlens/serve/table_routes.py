"""The route of tables of reviews: a table in, its scores out, row by row."""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from http import HTTPStatus
from itertools import islice
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from brandlens.datasets import tables
from brandlens.errors import UserError
from brandlens.sentiment.score_file import column_names
from brandlens.sentiment.terms.lexicon import Lexicon
from brandlens.serve.bodies import BINARY
from brandlens.serve.problems import Problem, responses
from brandlens.serve.scorer import MAX_BATCH, Scorer
from brandlens.serve.sentiment_routes import find_scorer
from brandlens.serve.service import Service
from brandlens.serve.table_formats import ENCODERS, MEDIA_TYPES, Encoder
from brandlens.serve.terms import parse_terms

CHUNK = 8 * MAX_BATCH  # rows of the answer that are sent together
SUFFIXES = {  # by the Content-Type of a table, without x- and vnd.
    "text/csv": ".csv", "application/csv": ".csv", "text/tab-separated-values": ".tsv", "text/plain": ".txt",
    "application/json": ".json", "application/jsonl": ".jsonl", "application/ndjson": ".jsonl",
    "application/json-lines": ".jsonl", "application/jsonlines": ".jsonl", "application/apache.parquet": ".parquet",
    "application/parquet": ".parquet",
}  # fmt: skip
Table = Callable[[], Iterator[tables.Row]]
ROWS, UNREADABLE, FIRST_PROBLEM = "Brandlens-Rows", "Brandlens-Unreadable-Rows", "Brandlens-First-Problem"


def table_router(service: Service) -> APIRouter:
    """Return the route of tables."""
    router = APIRouter(tags=["sentiment"], responses=responses(404))
    headers = {
        ROWS: {"description": "Number of rows", "schema": {"type": "integer"}},
        UNREADABLE: {"description": "Rows that cannot be read; unsure", "schema": {"type": "integer"}},
        FIRST_PROBLEM: {"description": "Why the first of them cannot be read", "schema": {"type": "string"}},
    }

    @router.post(
        "/sentiment/score/file",
        response_class=Response,
        responses={
            **responses(415, 422),
            200: {"content": dict.fromkeys((kind.partition(";")[0] for kind in MEDIA_TYPES.values()), BINARY),
                  "headers": headers},
        },
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {
                    "text/csv": {"schema": {"type": "string"}, "example": "text\nNot bad at all!\n"},
                    "application/jsonl": {"schema": {"type": "string"}, "example": '{"text": "Not bad at all!"}\n'},
                    "application/vnd.apache.parquet": BINARY,
                    "application/octet-stream": BINARY,
                },
            }
        },
    )  # fmt: skip
    async def score_file(
        request: Request,
        column: Annotated[str, Query(min_length=1, max_length=1000, description="Of the reviews")] = "text",
        explain: Annotated[bool, Query(description="Whether to tell what each word adds")] = False,
        terms: Annotated[
            str | None, Query(max_length=10_000, description="To find in the reviews, with commas between them")
        ] = None,
        encoding: Annotated[
            str | None, Query(max_length=40, description="Of the table; default: UTF-8, UTF-16, or else Windows-1252")
        ] = None,
        to: Annotated[Literal["csv", "jsonl", "parquet"], Query(description="Format of the answer")] = "csv",
    ) -> Response:
        """Score a table of any length: CSV, TSV, JSON, JSON lines, Parquet or lines of text, by its Content-Type.

        The table is received whole, looked through for rows that cannot be read, and then scored and sent row by row.
        Nothing of it is kept.
        """
        scorer = find_scorer(service)
        names = None if terms is None else [name for name in terms.split(",") if name.strip()]
        lexicon = parse_terms(names, service.settings.max_terms, scorer.classifier.labels)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(service.admit_table())
            path = await stack.enter_async_context(store(request))
            await stack.enter_async_context(service.admit())
            table = partial(read_rows, path, column, encoding)
            try:
                encoder = ENCODERS[to](column_names(explain, scorer.classifier.labels, lexicon is not None))
                num_rows, problems = await service.run(look_through, table)
            except UserError as error:
                message = _without_path(str(error), path)
                raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "bad_table", message, "body") from None
            answer_headers = {ROWS: str(num_rows), UNREADABLE: str(len(problems))}
            if problems:
                answer_headers[FIRST_PROBLEM] = json.dumps(_without_path(problems[0], path))[1:-1][:500]
            rows = _score(service, scorer, encoder, table, explain, lexicon)
            return Stream(rows, stack.pop_all(), media_type=MEDIA_TYPES[to], headers=answer_headers)

    return router


class Stream(StreamingResponse):
    """An answer that is sent as it is made, and frees what it needs when it is sent, or cannot be."""

    def __init__(self, content: AsyncIterator[bytes], stack: AsyncExitStack, **options: object) -> None:
        super().__init__(content, **options)  # type: ignore[arg-type]  # as they come
        self.stack = stack

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer."""
        async with self.stack:
            await super().__call__(scope, receive, send)


@asynccontextmanager
async def store(request: Request) -> AsyncIterator[Path]:
    """Keep a table as a file, whose suffix tells its format, while it is needed. Raises Problem."""
    content_type = request.headers.get("content-type", "application/octet-stream").partition(";")[0].strip().lower()
    suffix = SUFFIXES.get(content_type.replace("/x-", "/").replace("/vnd.", "/"))
    if suffix is None and content_type != "application/octet-stream":
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "not_a_table",
            "send a table as text/csv, application/jsonl or application/vnd.apache.parquet",
            "Content-Type",
        )
    with tempfile.TemporaryDirectory(prefix="brandlens-") as folder:
        path = Path(folder, "table")
        with path.open("wb") as file:
            async for chunk in request.stream():
                await asyncio.to_thread(file.write, chunk)
        if suffix is None:
            with path.open("rb") as file:
                suffix = guess_suffix(file.read(4096))
        yield path.rename(path.with_suffix(suffix))


def guess_suffix(start: bytes) -> str:
    """Return the suffix of a table that begins so."""
    if start.startswith(b"PAR1"):
        return ".parquet"
    first = start.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    return {b"[": ".json", b"{": ".jsonl"}.get(first, ".csv")


def read_rows(path: Path, column: str, encoding: str | None) -> Iterator[tables.Row]:
    """Yield the rows of a table. Raises UserError."""
    return tables.read_rows(
        path, column, encoding=encoding, hint="; choose one by ?column=", encoding_option="?encoding="
    )


def look_through(table: Table) -> tuple[int, list[str]]:
    """Return how many rows a table has, and why some cannot be read. Raises UserError."""
    num_rows, problems = 0, list[str]()
    for row in table():
        num_rows += 1
        if row.problem:
            problems.append(row.problem if not problems else "")
    return num_rows, problems


async def _score(
    service: Service, scorer: Scorer, encoder: Encoder, table: Table, explain: bool, lexicon: Lexicon | None
) -> AsyncIterator[bytes]:
    """Yield the scored table."""
    yield encoder.start()
    rows = table()
    while texts := await service.run(lambda: [row.text for row in islice(rows, CHUNK)]):
        records = await scorer.score(texts, explain, lexicon)
        service.metrics.items.labels("text").inc(len(records))
        yield await service.run(encoder.rows, records)
    yield encoder.end()


def _without_path(message: str, path: Path) -> str:
    return message.replace(str(path), "table").replace(str(path.parent), "table")
