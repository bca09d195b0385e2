"""Pages where anyone can try the models."""

from pathlib import Path

from fastapi import APIRouter

from brandlens.serve.service import Service

STATIC = Path(__file__).parent / "static"


def pages_router(service: Service) -> APIRouter:
    """Return the routes of the pages, and of the files that they need."""
    del service
    return APIRouter(include_in_schema=False)
