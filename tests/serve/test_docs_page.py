import re

from fastapi.testclient import TestClient


def test_every_route_and_shape(client: TestClient) -> None:
    answer = client.get("/docs")
    schema = client.get("/openapi.json").json()
    assert answer.headers["content-type"].startswith("text/html")
    for path in schema["paths"]:
        assert path in answer.text
    links = set(re.findall(r'href="#(\w+)"', answer.text))
    assert (
        links
        and links <= set(re.findall(r'id="(\w+)"', answer.text))
        and links <= schema["components"]["schemas"].keys()
    )


def test_nothing_from_a_network_and_no_script(client: TestClient) -> None:
    page = client.get("/docs").text
    assert not re.search(r"<script|style=|https?://|onclick", page)
    assert "<style" not in page
