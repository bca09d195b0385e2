"""The route of the heat map: where in a picture the scores are."""

from http import HTTPStatus
from typing import IO

import numpy as np
from fastapi import APIRouter, Request
from fastapi.responses import Response

from brandlens import images
from brandlens.errors import PictureError
from brandlens.logo.predictor import LogoPredictor
from brandlens.serve.bodies import BINARY
from brandlens.serve.logo_routes import FIELD, REQUEST_BODY, find_predictor, picture_problem, read_pictures
from brandlens.serve.problems import Problem, responses
from brandlens.serve.service import Service


def heatmap_router(service: Service) -> APIRouter:
    """Return the route; without a model, or with one that has no heat map, it answers 404."""
    router = APIRouter(tags=["logo"], responses=responses(404))

    @router.post(
        "/logo/heatmap",
        response_class=Response,
        responses={**responses(415, 422), 200: {"content": {"image/png": BINARY}}},
        openapi_extra={"requestBody": REQUEST_BODY},
    )
    async def heatmap(request: Request) -> Response:
        """Map where in one picture a logo may be: a gray PNG of its shape, in any size.

        A pixel is the best score there of any label, from 0 to 255.
        """
        predictor = find_predictor(service)
        async with read_pictures(request, service) as pictures, service.admit(service.settings.max_seconds):
            if len(pictures) != 1:
                raise Problem(
                    HTTPStatus.UNPROCESSABLE_ENTITY, "many_pictures", "a heat map is of one picture; send one", FIELD
                )
            ((name, file),) = pictures
            with service.metrics.measure_work("/logo/heatmap"):
                try:
                    content = await service.run(render, predictor, file, name)
                except PictureError as error:
                    raise picture_problem(error) from None
        if content is None:
            raise Problem(HTTPStatus.NOT_FOUND, "no_heatmap", f"the model {predictor.detector.model} has no heat map")
        service.metrics.items.labels("picture").inc()
        return Response(content, media_type="image/png")

    return router


def render(predictor: LogoPredictor, file: IO[bytes], name: str) -> bytes | None:
    """Return the heat map of a picture file as the bytes of a PNG; None where there is none. Raises PictureError."""
    scores = predictor.detector.heatmap(images.decode(file.read(), name, predictor.max_pixels))
    return None if scores is None else images.encode((scores * 255).round().clip(0, 255).astype(np.uint8), ".png")
