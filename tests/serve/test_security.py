from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from brandlens.serve import hosts, security

TOKEN = "secret-1"


@pytest.fixture(scope="module")
def locked(make_client: Callable[..., TestClient]) -> TestClient:
    """A client of a service that asks for a token."""
    return make_client(token=TOKEN)


@pytest.fixture(scope="module")
def named(make_client: Callable[..., TestClient]) -> TestClient:
    """A client of a service with a name."""
    return make_client(allowed_hosts=("lens.example",))


@pytest.mark.parametrize("path", ["/logo", "/nowhere", "/docs", "/v2/models/other", "/metrics"])
def test_headers_of_every_answer(client: TestClient, path: str) -> None:
    headers = client.get(path, headers={"origin": "https://other.example"}).headers
    assert headers["content-security-policy"] == security.CONTENT_SECURITY_POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert not {"access-control-allow-origin", "set-cookie", "server"} & headers.keys()


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8000", 200), ("localhost", 200), ("[::1]:8000", 200), ("LOCALHOST.", 200), ("lens.example:80", 200),
        ("", 403), ("other.example", 403), ("127.0.0.1.other.example", 403), ("localhost@other.example", 403),
        ("[::1", 200),
    ],
)  # fmt: skip
def test_host(named: TestClient, host: str, status: int) -> None:
    answer = named.get("/sentiment", headers={"host": host})
    assert answer.status_code == status
    assert status == 200 or answer.json()["error"]["field"] == "Host"


def test_any_host(make_client: Callable[..., TestClient]) -> None:
    assert make_client(allowed_hosts=("*",)).get("/sentiment", headers={"host": "other.example"}).status_code == 200


@pytest.mark.parametrize(
    ("origin", "status"),
    [("http://127.0.0.1:8000", 200), ("http://127.0.0.1:9000", 403), ("https://other.example", 403), ("null", 403)],
)
def test_other_sites_send_nothing(client: TestClient, origin: str, status: int) -> None:
    answer = client.post("/sentiment/score", json={"texts": []}, headers={"origin": origin})
    assert answer.status_code == status
    assert client.options("/sentiment/score", headers={"origin": origin}).status_code == 405


@pytest.mark.parametrize("path", ["/sentiment", "/logo", "/metrics", "/v2", "/v2/models/logo", "/nowhere", "/label/1"])
@pytest.mark.parametrize("given", [None, "Bearer", "Bearer ", "Bearer secret-2", "Basic secret-1", "Bearer sécret"])
def test_no_token(locked: TestClient, path: str, given: str | None) -> None:
    headers = {} if given is None else {"authorization": given.encode("latin-1")}
    answer = locked.get(path, headers=headers)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


def test_token(locked: TestClient) -> None:
    for scheme in ("Bearer", "bearer"):
        assert locked.get("/sentiment", headers={"authorization": f"{scheme} {TOKEN}"}).status_code == 200
    for path in ("/health/live", "/health/ready", "/v2/health/ready", "/docs", "/openapi.json"):
        assert locked.get(path).status_code == 200


@pytest.mark.parametrize(
    ("host", "expected"),
    [("localhost", True), ("127.0.0.2", True), ("::1", True), ("0.0.0.0", False), ("::", False), ("a.b", False)],
)
def test_is_loopback(host: str, expected: bool) -> None:
    assert hosts.is_loopback(host) == expected
