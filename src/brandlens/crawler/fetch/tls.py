"""The certificate authorities that connections trust."""

import ssl
from functools import cache

import httpx


@cache
def context() -> ssl.SSLContext:
    """Return a context that trusts what httpx trusts; made once, as that takes a twentieth of a second."""
    return httpx.create_ssl_context()
