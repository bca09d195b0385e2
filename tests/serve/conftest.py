"""A service of the small models: called directly, and on a port of the loopback address."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from fastapi.testclient import TestClient

from brandlens.boxes import Box
from brandlens.serve import server
from brandlens.serve.app import create_app
from brandlens.serve.settings import Settings

BOX = Box(40, 30, 60, 40, "cola")
Serve = Callable[..., Any]


@pytest.fixture(scope="session")
def picture(scene: Callable[..., np.ndarray]) -> bytes:
    """A PNG with a logo in it."""
    pixels = scene((160, 120), BOX)
    return cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))[1].tobytes()


@pytest.fixture(scope="session")
def make_client(model_folder: Path, sentiment_folder: Path) -> Callable[..., TestClient]:
    """A function of settings that returns a client of a service, called without a network."""

    def make(**settings: Any) -> TestClient:
        models = {"logo": model_folder, "sentiment": sentiment_folder} | settings
        return TestClient(create_app(Settings(**models)), "http://127.0.0.1:8000", raise_server_exceptions=False)

    return make


@pytest.fixture(scope="session")
def client(make_client: Callable[..., TestClient]) -> TestClient:
    """A client of a service with both models."""
    return make_client()


@contextmanager
def running(settings: Settings) -> Iterator[int]:
    """Run a service in a thread; yields its port."""
    with server.listen(settings) as listener:
        service = create_app(settings)
        app = server.server(service, settings)
        thread = threading.Thread(target=app.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not app.started:
            time.sleep(0.005)
        try:
            yield listener.getsockname()[1]
        finally:
            app.should_exit = True
            thread.join(10)
            service.state.service.close()


@pytest.fixture(scope="session")
def port(model_folder: Path, sentiment_folder: Path) -> Iterator[int]:
    """The port of a service with both models, on the loopback address."""
    with running(Settings(model_folder, sentiment_folder, port=0)) as number:
        yield number
