"""The routes of the label page: its files, the pictures of the folder, and their boxes."""

import threading
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from brandlens import image_headers, images
from brandlens.annotations.issues import InvalidValueError
from brandlens.annotations.validate import MAX_PIXELS, SPACE, parse_label
from brandlens.boxes import Box
from brandlens.errors import AnnotationError, PictureError
from brandlens.serve.bodies import json_response
from brandlens.serve.label import advice
from brandlens.serve.label.folder import ConflictError, LabelFolder, State, header_of
from brandlens.serve.label.suggestions import Suggestions, reason
from brandlens.serve.pages import MEDIA_TYPES, File
from brandlens.serve.problems import Problem
from brandlens.serve.service import Service

STATIC = Path(__file__).parents[1] / "static" / "label"
BROWSER_FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "WebP": "image/webp"}
MAX_BOXES = 10_000  # of a picture
Side = Annotated[int, Field(gt=-MAX_PIXELS, lt=MAX_PIXELS, strict=True)]
Length = Annotated[int, Field(gt=0, lt=MAX_PIXELS, strict=True)]


class BoxBody(BaseModel):
    """A box in the picture as it is displayed. key: its place in the state that was changed, None for a new one."""

    model_config = ConfigDict(extra="forbid")

    left: Side
    top: Side
    width: Length
    height: Length
    label: str = Field(max_length=200)
    ignore: bool = False
    key: int | None = None


class StateBody(BaseModel):
    """All boxes of a picture. labelled without boxes: it shows no logo."""

    model_config = ConfigDict(extra="forbid")

    labelled: bool
    boxes: list[BoxBody] = Field(max_length=MAX_BOXES)


def label_router(service: Service) -> APIRouter:
    """Return the routes of the label page, for `service.settings.label_folder`.

    No other process has the folder until the service is closed. Raises UserError for a folder that cannot be labelled.
    """
    assert service.settings.label_folder
    folder = LabelFolder.open(service.settings.label_folder)
    service.on_close.callback(folder.close)
    suggestions = None
    if service.logo and service.settings.logo:
        suggestions = Suggestions(folder, service.logo.detector, service.settings.logo)
        suggestions.start()
        service.on_close.callback(suggestions.stop)
    threading.Thread(target=check_headers, args=(folder,), name="headers", daemon=True).start()
    return make_router(folder, suggestions, service.settings.max_pixels)


def check_headers(folder: LabelFolder) -> None:
    """Find the pictures that cannot be read by their headers."""
    for path in [*folder.files.values()]:
        try:
            header_of(path)
        except PictureError as error:
            folder.refuse(path, reason(error, path))


def make_router(folder: LabelFolder, suggestions: Suggestions | None, max_pixels: int) -> APIRouter:
    """Return the routes of an open folder. suggestions: None without a model."""
    router = APIRouter(include_in_schema=False)
    add_pages(router)
    add_pictures(router, folder, suggestions, max_pixels)
    add_boxes(router, folder)
    return router


def add_pages(router: APIRouter) -> None:
    """Add the routes of the page and its files, all read now."""
    paths = [path for path in STATIC.iterdir() if path.suffix in MEDIA_TYPES]
    files = {path.name: File.of(path.read_bytes(), MEDIA_TYPES[path.suffix]) for path in paths}

    @router.get("/label")
    async def page(request: Request) -> Response:
        return files["label.html"].response(request)

    @router.get("/static/label/{name}")
    async def static(request: Request, name: str) -> Response:
        if name not in files:
            raise Problem(HTTPStatus.NOT_FOUND, "not_found", "no such file")
        return files[name].response(request)


def add_boxes(router: APIRouter, folder: LabelFolder) -> None:
    """Add the routes that read and save the boxes of a picture."""

    @router.get("/label/pictures/{picture_id}")
    def read(picture_id: str) -> Response:
        """Return the boxes of a picture."""
        path = _find(folder, picture_id)
        try:
            return _state_response(folder.read_state(path))
        except PictureError as error:
            raise _refuse(folder, error, path) from None
        except AnnotationError as error:
            raise _unavailable(error) from None

    @router.put("/label/pictures/{picture_id}")
    def save(picture_id: str, body: StateBody, if_match: Annotated[str, Header()]) -> Response:
        """Save the boxes of a picture. If-Match: the ETag of the state that was changed."""
        path = _find(folder, picture_id)
        if body.boxes and not body.labelled:
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", "a picture with boxes is labelled", "labelled")
        boxes = [(box.key, _box(box, at)) for at, box in enumerate(body.boxes)] if body.labelled else None
        try:
            return _state_response(folder.save(path, if_match, boxes), folder.count())
        except ConflictError:
            message = "another window or program has changed the boxes of this picture; load them, or keep yours"
            raise Problem(HTTPStatus.CONFLICT, "changed_elsewhere", message, "If-Match") from None
        except PictureError as error:
            raise _refuse(folder, error, path) from None
        except AnnotationError as error:
            raise _unavailable(error) from None
        except OSError as error:
            message = f"{folder.file.path.name} cannot be written: {error.strerror}"
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "not_saved", message, retry_after=5) from None


def add_pictures(router: APIRouter, folder: LabelFolder, suggestions: Suggestions | None, max_pixels: int) -> None:
    """Add the routes of the pictures, and of what a model suggests for them."""

    @router.get("/label/pictures")
    def pictures() -> Response:
        """List all pictures, and tell how far labelling is."""
        folder.scan()
        try:
            rows = folder.list_pictures()
        except AnnotationError as error:
            raise _unavailable(error) from None
        issues = [issue for issue in folder.file.issues if not issue.hint]
        return json_response(
            {
                "folder": folder.root.resolve().name,
                "file": folder.file.path.name,
                "pictures": rows,
                "progress": folder.count(),
                "issues": len(issues),
                "model_labels": list(suggestions.detector.labels) if suggestions else None,
                "learning_curve": [[count, ap50] for count, ap50 in advice.LEARNING_CURVE.items()],
                "commands": advice.commands(folder.file.path),
            }
        )

    @router.get("/label/pictures/{picture_id}/file")
    def picture_file(picture_id: str, decode: bool = False) -> Response:
        """Return a picture as a browser shows it. decode: as PNG, turned as EXIF says, whatever its format is."""
        path = _find(folder, picture_id)
        try:
            data = images.read_bytes(path, max_pixels)
            pixels = images.decode(data, path, max_pixels)  # so that nobody labels a part of one that is cut short
        except PictureError as error:
            raise _refuse(folder, error, path) from None
        header = image_headers.parse(data)
        kind = BROWSER_FORMATS.get(header.format) if header else None
        if decode or not kind or not header or (header.orientation != 1 and header.format != "JPEG"):
            kind, data = "image/png", images.encode(pixels, ".png")
        return Response(data, media_type=kind, headers={"Cache-Control": "private, no-cache"})

    @router.get("/label/pictures/{picture_id}/suggestions")
    def suggest(picture_id: str) -> Response:
        """Return the boxes that the model suggests for a picture."""
        path = _find(folder, picture_id)
        try:
            return json_response({"boxes": [_plain(box) for box in suggestions.boxes(path)] if suggestions else []})
        except PictureError as error:
            raise _refuse(folder, error, path) from None

    @router.get("/label/suggestions")
    def ranking(after: Annotated[int, Field(ge=0)] = 0) -> Response:
        """Return how unsure the model is of the pictures that it has looked at, after the first so many."""
        return json_response(suggestions.progress(after) if suggestions else {"done": True, "ranked": []})


def _find(folder: LabelFolder, picture_id: str) -> Path:
    try:
        return folder.find(picture_id)
    except KeyError:
        raise Problem(HTTPStatus.NOT_FOUND, "no_picture", "no such picture; load the page again") from None


def _refuse(folder: LabelFolder, error: PictureError, path: Path) -> Problem:
    why = reason(error, path)
    folder.refuse(path, why)
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "unreadable_picture", f"{path.name}: {why}")


def _box(body: BoxBody, at: int) -> Box:
    """Return a box. Raises Problem for a label that no annotation file can have."""
    field = f"boxes[{at}].label"
    try:
        label = parse_label(body.label)
    except InvalidValueError as error:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", f"{error.message}; {error.fix}", field) from None
    if not body.label.strip(SPACE):
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", "the label is empty; write a name", field)
    return Box(body.left, body.top, body.width, body.height, label, body.ignore)


def _plain(box: Box) -> dict[str, Any]:
    return {side: getattr(box, side) for side in ("left", "top", "width", "height", "label", "ignore")}


def _state_response(state: State, progress: dict[str, Any] | None = None) -> Response:
    content = {
        "name": state.name, "width": state.width, "height": state.height, "labelled": state.labelled,
        "boxes": [_plain(box) for box in state.boxes], "note": state.note,
    }  # fmt: skip
    answer = json_response(content | ({"progress": progress} if progress else {}))
    answer.headers["ETag"] = state.etag
    return answer


def _unavailable(error: AnnotationError) -> Problem:
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "not_saved", str(error), retry_after=5)
