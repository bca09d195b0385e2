"""The routes of the Open Inference Protocol v2, as Triton, OpenVINO Model Server and KServe offer it."""

import io
from collections.abc import Sequence
from functools import partial
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel

from brandlens import __version__
from brandlens.errors import PictureError
from brandlens.logo import tiling
from brandlens.serve import tensors
from brandlens.serve.bodies import spool
from brandlens.serve.logo_routes import detect_file
from brandlens.serve.problems import Problem, responses
from brandlens.serve.service import Service
from brandlens.serve.tensors import VERSION, InferRequest, Tensor

PLATFORM = "brandlens"  # what runs every model here
INPUTS = {"logo": "pictures", "sentiment": "texts"}
OUTPUTS = {
    "logo": [
        ("size", "INT32", [-1, 2]), ("num_detections", "INT32", [-1]), ("label", "BYTES", [-1]),
        ("score", "FP64", [-1]), ("box", "INT32", [-1, 4]),
    ],
    "sentiment": [("label", "BYTES", [-1]), ("score", "FP64", [-1])],
}  # fmt: skip
EXAMPLE = {
    "inputs": [{"name": "texts", "datatype": "BYTES", "shape": [1], "data": ["Not bad at all!"]}],
    "outputs": [{"name": "score"}],
}
TENSOR = {
    "type": "object",
    "required": ["name", "shape", "datatype"],
    "properties": {
        "name": {"type": "string"}, "datatype": {"const": "BYTES"}, "parameters": {"type": "object"},
        "shape": {"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 1, "maxItems": 8},
        "data": {"type": "array", "items": {"type": "string"}},
    },
}  # fmt: skip
REQUEST_SCHEMA = {
    "type": "object",
    "required": ["inputs"],
    "properties": {
        "id": {"type": "string"}, "parameters": {"type": "object"},
        "inputs": {"type": "array", "items": TENSOR, "minItems": 1},
        "outputs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name"],
                "properties": {"name": {"type": "string"}, "parameters": {"type": "object"}},
            },
        },
    },
}  # fmt: skip
REQUEST_BODY = {
    "required": True,
    "content": {
        "application/json": {"schema": REQUEST_SCHEMA, "example": EXAMPLE},
        "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
    },
}


class ErrorBody(BaseModel):
    """A problem, as the protocol has it."""

    error: str


class ServerBody(BaseModel):
    """This server."""

    name: str
    version: str
    extensions: list[str]


class TensorBody(BaseModel):
    """A tensor; -1 in its shape: any number."""

    name: str
    datatype: str
    shape: list[int]


class ModelBody(BaseModel):
    """A model."""

    name: str
    versions: list[str]
    platform: str
    inputs: list[TensorBody]
    outputs: list[TensorBody]


def inference_router(service: Service) -> APIRouter:
    """Return the routes of the protocol. Models: logo and sentiment, those of them that there are."""
    router = APIRouter(prefix="/v2", tags=["Open Inference Protocol"], responses=responses(model=ErrorBody))
    unknown = responses(404, 422, model=ErrorBody)

    @router.get("", response_model=ServerBody)
    async def server_metadata() -> dict[str, Any]:
        """Tell what server this is."""
        return {"name": "brandlens", "version": __version__, "extensions": ["binary_tensor_data"]}

    @router.get("/health/live")
    async def live() -> dict[str, bool]:
        """Tell that the process answers."""
        return {"live": True}

    @router.get("/health/ready")
    async def ready() -> dict[str, bool]:
        """Tell that the models are loaded."""
        return {"ready": True}

    @router.get("/models/{name}", response_model=ModelBody, responses=unknown)
    @router.get("/models/{name}/versions/{version}", response_model=ModelBody, responses=unknown)
    async def model_metadata(name: str, version: str = VERSION) -> dict[str, Any]:
        """Tell the inputs and outputs of a model."""
        check_model(service, name, version)
        inputs = [{"name": INPUTS[name], "datatype": "BYTES", "shape": [-1]}]
        outputs = [{"name": key, "datatype": kind, "shape": shape} for key, kind, shape in OUTPUTS[name]]
        return {"name": name, "versions": [VERSION], "platform": PLATFORM, "inputs": inputs, "outputs": outputs}

    @router.get("/models/{name}/ready", responses=unknown)
    @router.get("/models/{name}/versions/{version}/ready", responses=unknown)
    async def model_ready(name: str, version: str = VERSION) -> dict[str, Any]:
        """Tell that a model is loaded."""
        check_model(service, name, version)
        return {"name": name, "ready": True}

    infer_options: dict[str, Any] = {
        "response_class": Response,
        "responses": {
            **responses(404, 415, 422, model=ErrorBody),
            200: {"content": {"application/json": {"schema": {"type": "object"}}, "application/octet-stream": {}}},
        },
        "openapi_extra": {"requestBody": REQUEST_BODY},
    }

    @router.post("/models/{name}/infer", **infer_options)
    @router.post("/models/{name}/versions/{version}/infer", **infer_options)
    async def infer(request: Request, name: str, version: str = VERSION) -> Response:
        """Run a model on BYTES: texts, or encoded pictures, which are base64 in JSON.

        Parameters of logo: threshold, tile. Its outputs label, score and box have a row a detection, those of all
        pictures one after another; num_detections and size (width, height) have one a picture.
        """
        check_model(service, name, version)
        async with spool(request) as file:
            body = file.read()
        try:
            parsed = tensors.parse(body, request.headers.get("inference-header-content-length"))
            if set(parsed.inputs) != {INPUTS[name]}:
                raise ValueError(f'{name} has one input, "{INPUTS[name]}"')
            run = run_logo if name == "logo" else run_sentiment
            async with service.admit(service.settings.max_seconds):
                with service.metrics.measure_work("/v2/models/{name}/infer"):
                    outputs = await run(service, parsed)
            answer, header_length = tensors.encode(name, parsed, outputs)
        except ValueError as error:
            raise Problem(HTTPStatus.BAD_REQUEST, "bad_request", str(error)) from None
        if header_length is None:
            return Response(answer, media_type="application/json")
        headers = {"Inference-Header-Content-Length": str(header_length)}
        return Response(answer, media_type="application/octet-stream", headers=headers)

    return router


def check_model(service: Service, name: str, version: str) -> None:
    """Raise Problem where there is no model of this name and version."""
    known = {"logo": service.logo, "sentiment": service.sentiment}
    if known.get(name) is None or version != VERSION:
        names = ", ".join(key for key, model in known.items() if model is not None)
        message = f"no such model or version; there is version {VERSION} of: {names}"
        raise Problem(HTTPStatus.NOT_FOUND, "no_model", message)


async def run_sentiment(service: Service, request: InferRequest) -> list[Tensor]:
    """Score texts. Raises ValueError for what is none, Problem for too many."""
    assert service.sentiment
    settings = service.settings
    texts = []
    for index, value in enumerate(request.inputs["texts"]):
        try:
            texts.append(value if isinstance(value, str) else value.decode("utf-8"))
        except UnicodeDecodeError:
            raise ValueError(f"texts[{index}]: not UTF-8") from None
        _check(len(texts[-1]), settings.max_text, f"texts[{index}] has", "characters")
    _check(len(texts), settings.max_texts, "texts has", "texts")
    records = await service.sentiment.score(texts)
    service.metrics.items.labels("text").inc(len(records))
    columns = {name: [record[name] for record in records] for name in ("label", "score")}
    return [Tensor(name, kind, [len(records)], columns[name]) for name, kind, _ in OUTPUTS["sentiment"]]


async def run_logo(service: Service, request: InferRequest) -> list[Tensor]:
    """Detect logos. Raises ValueError for what is no picture or parameter, Problem for too many."""
    assert service.logo
    values = request.inputs["pictures"]
    _check(len(values), service.settings.max_pictures, "pictures has", "pictures")
    threshold, tile = request.parameters.get("threshold"), request.parameters.get("tile", tiling.SIDE)
    if threshold is not None and not (isinstance(threshold, int | float) and 0 <= threshold <= 1):
        raise ValueError("parameter threshold is no number from 0 to 1")
    if type(tile) is not int or tile < tiling.MIN_SIDE:
        raise ValueError(f"parameter tile is no number of pixels, {tiling.MIN_SIDE} or more")
    jobs = []
    for index, value in enumerate(values):
        name = f"pictures[{index}]"
        data = value if isinstance(value, bytes) else tensors.decode_base64(value, name)
        jobs.append(partial(detect_file, service.logo, io.BytesIO(data), name, threshold, tile, False))
    rows = await service.threads.run_all(jobs)
    for row in rows:
        if isinstance(row, PictureError):
            raise ValueError(str(row))
    service.metrics.items.labels("picture").inc(len(rows))
    return logo_tensors(rows)  # type: ignore[arg-type]  # the others are raised


def logo_tensors(rows: Sequence[dict[str, Any]]) -> list[Tensor]:
    """Return the outputs for rows of pictures, see `picture_row`."""
    found = [detection for row in rows for detection in row["detections"]]
    columns = {
        "size": [side for row in rows for side in (row["width"], row["height"])],
        "num_detections": [len(row["detections"]) for row in rows],
        "label": [detection["label"] for detection in found],
        "score": [detection["score"] for detection in found],
        "box": [detection[side] for detection in found for side in ("left", "top", "width", "height")],
    }
    return [
        Tensor(name, kind, [len(columns[name]) // (shape[1:] or [1])[0], *shape[1:]], columns[name])
        for name, kind, shape in OUTPUTS["logo"]
    ]


def _check(number: int, limit: int, name: str, unit: str) -> None:
    if number > limit:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY, "too_many", f"{name} {number:,} {unit}, more than {limit:,}; send less"
        )
