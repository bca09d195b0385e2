"""Whose certificates are believed."""

import ssl
from functools import cache

import httpx


@cache
def context() -> ssl.SSLContext:
    """Those that httpx believes; made once, as that takes a twentieth of a second."""
    return httpx.create_ssl_context()
