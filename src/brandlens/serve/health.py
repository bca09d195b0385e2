"""Whether a service lives, is ready, and how it does."""

from fastapi import APIRouter
from fastapi.responses import Response

from brandlens.serve.problems import responses
from brandlens.serve.service import Service


def health_router(service: Service) -> APIRouter:
    """Return the routes of health and metrics."""
    router = APIRouter(tags=["health"], responses=responses())

    @router.get("/health/live")
    async def live() -> dict[str, bool]:
        """Tell that the process answers."""
        return {"live": True}

    @router.get("/health/ready")
    async def ready() -> dict[str, bool]:
        """Tell that the models are loaded: a service answers nothing before."""
        return {"ready": True}

    @router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
    async def metrics() -> Response:
        """Return what is counted, in the text format of Prometheus."""
        return Response(service.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return router
