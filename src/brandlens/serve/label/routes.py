"""The routes of the label page."""

from fastapi import APIRouter

from brandlens.serve.service import Service


def label_router(service: Service) -> APIRouter:
    """Return the routes of the label page, for `service.settings.label_folder`."""
    del service
    return APIRouter(include_in_schema=False)
