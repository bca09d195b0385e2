"""The routes of the logo side: pictures in, detections out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import IO, Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.types import Message

from brandlens import images
from brandlens.errors import PictureError, PictureTooLargeError, printable
from brandlens.logo import tiling
from brandlens.logo.drawing import draw_detections
from brandlens.logo.predictor import LogoPredictor, Row, picture_row
from brandlens.serve.bodies import BINARY, json_response, spool
from brandlens.serve.problems import Problem, responses
from brandlens.serve.service import Service

FIELD = "pictures"
TAIL = 128  # bytes that the end of a form has at most
REQUEST_BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": [FIELD],
                "properties": {FIELD: {"type": "array", "minItems": 1, "items": BINARY["schema"]}},
            }
        },
        "application/octet-stream": BINARY,
        "image/*": BINARY,
    },
}


class DetectionBody(BaseModel):
    """A logo in a picture; its box in pixels."""

    label: str
    score: float = Field(ge=0, le=1)
    left: int
    top: int
    width: int
    height: int


class PictureBody(BaseModel):
    """A picture and its detections, best first; or why it cannot be read."""

    picture: str = Field(description="Its name", examples=["street.jpg"])
    width: int | None = None
    height: int | None = None
    detections: list[DetectionBody] | None = None
    error: str | None = None


class PicturesBody(BaseModel):
    """One entry a picture, in their order."""

    pictures: list[PictureBody]


class LogoModelBody(BaseModel):
    """The model that detects logos."""

    labels: list[str]
    threshold: float = Field(description="Lowest score of a detection, where the request names none")
    model: str
    revision: str | None = Field(description="Of the code and parameters that it was trained with")
    metrics: dict[str, float] = Field(description="On the test pictures, boxes of all labels")


def logo_router(service: Service) -> APIRouter:
    """Return the routes of the logo side; without a model they answer 404."""
    router = APIRouter(tags=["logo"], responses=responses(404))

    @router.get("/logo", response_model=LogoModelBody)
    async def logo() -> dict[str, Any]:
        """Tell what the model detects, and how well it does."""
        detector = find_predictor(service).detector
        boxes = detector.provenance.get("metrics", {}).get("boxes", {})
        return {
            "labels": detector.labels,
            "threshold": detector.threshold,
            "model": detector.model,
            "revision": detector.provenance.get("revision"),
            "metrics": {name: value for name, value in boxes.items() if isinstance(value, int | float)},
        }

    @router.post(
        "/logo/detect",
        response_model=PicturesBody,
        responses={**responses(415, 422), 200: {"content": {"image/png": BINARY}}},
        openapi_extra={"requestBody": REQUEST_BODY},
    )
    async def detect(
        request: Request,
        threshold: Annotated[float | None, Query(ge=0, le=1, description="Lowest score; default: the model's")] = None,
        tile: Annotated[
            int, Query(ge=tiling.MIN_SIDE, le=1_000_000, description="A larger picture is cut into tiles of this side")
        ] = tiling.SIDE,
    ) -> Response:
        """Detect logos: in pictures of a form (field `pictures`, once or many times), or in the body's one picture.

        A picture of a form that cannot be read has an `error` in its place; a body that is no picture is refused. With
        `Accept: image/png` one picture comes back with its boxes drawn.
        """
        predictor = find_predictor(service)
        drawn = wants_png(request)
        async with read_pictures(request, service) as pictures, service.admit(service.settings.max_seconds):
            if drawn and len(pictures) != 1:
                raise Problem(
                    HTTPStatus.UNPROCESSABLE_ENTITY,
                    "many_pictures",
                    f"{len(pictures)} pictures; Accept: image/png is for one",
                    FIELD,
                )
            is_form = is_multipart(request)
            with service.metrics.measure_work("/logo/detect"):
                results = await service.threads.run_all(
                    [partial(detect_file, predictor, file, name, threshold, tile, drawn) for name, file in pictures]
                )
        service.metrics.items.labels("picture").inc(len(results))
        for result in results:
            if isinstance(result, PictureError) and (drawn or not is_form):
                raise picture_problem(result)
        if drawn:
            return Response(results[0], media_type="image/png")
        rows = [
            {"picture": name, "error": str(result)} if isinstance(result, PictureError) else result
            for (name, _), result in zip(pictures, results, strict=True)
        ]
        return json_response({"pictures": rows})

    return router


def find_predictor(service: Service) -> LogoPredictor:
    """Return the predictor of a service. Raises Problem where it has none."""
    if service.logo is None:
        raise Problem(HTTPStatus.NOT_FOUND, "no_model", "this service detects no logos; start it with --logo FOLDER")
    return service.logo


def picture_problem(error: PictureError) -> Problem:
    """Return the problem of a picture that cannot be read, or is too large."""
    if isinstance(error, PictureTooLargeError):
        return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "picture_too_large", str(error), FIELD)
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "not_a_picture", str(error), FIELD)


def detect_file(
    predictor: LogoPredictor, file: IO[bytes], name: str, threshold: float | None, tile: int, drawn: bool
) -> Row | bytes | PictureError:
    """Return the row of a picture file, or itself drawn as PNG, or why it cannot be read."""
    try:
        pixels, detections = replace(predictor, threshold=threshold, tile=tile).predict(file.read(), name)
    except PictureError as error:
        return error
    if drawn:
        return images.encode(draw_detections(pixels, detections, predictor.detector.labels), ".png")
    return picture_row(name, pixels, detections)


@asynccontextmanager
async def read_pictures(request: Request, service: Service) -> AsyncIterator[list[tuple[str, IO[bytes]]]]:
    """Read the pictures of a request: their names and files. Raises Problem."""
    kind = request.headers.get("content-type", "application/octet-stream").partition(";")[0].strip().lower()
    if is_multipart(request):
        async with read_form(request, service.settings.max_pictures) as form:
            uploads = [upload for upload in form.getlist(FIELD) if isinstance(upload, UploadFile)]
            if not uploads:
                raise Problem(
                    HTTPStatus.UNPROCESSABLE_ENTITY, "no_picture", f"no file in the form's field {FIELD}", FIELD
                )
            yield [
                (printable(upload.filename or f"{FIELD}[{index}]"), upload.file) for index, upload in enumerate(uploads)
            ]
    elif kind.startswith("image/") or kind == "application/octet-stream":
        async with spool(request) as file:
            yield [("picture", file)]
    else:
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "not_pictures",
            "send a form (multipart/form-data), or one picture (image/..., application/octet-stream)",
            "Content-Type",
        )


def is_multipart(request: Request) -> bool:
    """Return whether the body is a form."""
    return request.headers.get("content-type", "").lower().startswith("multipart/form-data")


def wants_png(request: Request) -> bool:
    """Return whether a picture is accepted, and JSON is not."""
    accept = request.headers.get("accept", "")
    return "image/png" in accept and "application/json" not in accept


@asynccontextmanager
async def read_form(request: Request, max_files: int) -> AsyncIterator[FormData]:
    """Read a form, whose larger files are temporary ones. Raises Problem."""
    tail = b""  # Starlette says nothing of a form without its end, and leaves out its last file

    async def receive() -> Message:
        nonlocal tail
        message = await request.receive()
        tail = (tail + message.get("body", b"")[-TAIL:])[-TAIL:]
        return message

    try:
        form = await Request(request.scope, receive).form(max_files=max_files, max_fields=8)
    except HTTPException as error:
        if isinstance(error, Problem):
            raise
        if str(error.detail).startswith("Too many files"):
            message = f"more than {max_files} pictures; send less at a time"
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "too_many_pictures", message, FIELD) from None
        raise Problem(HTTPStatus.BAD_REQUEST, "bad_form", f"no form: {error.detail}", "body") from None
    try:
        if not tail.rstrip().endswith(b"--"):
            raise Problem(HTTPStatus.BAD_REQUEST, "bad_form", "the form has no end; send it whole", "body")
        yield form
    finally:
        await form.close()
