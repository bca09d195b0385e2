from collections.abc import Callable

from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families


def test_health(client: TestClient) -> None:
    for path in ("/health/live", "/health/ready", "/v2/health/live", "/v2/health/ready"):
        assert client.get(path).status_code == 200


def test_metrics(make_client: Callable[..., TestClient], picture: bytes) -> None:
    client = make_client()
    client.post("/sentiment/score", json={"texts": ["good", "bad"]})
    client.post("/logo/detect", content=picture, headers={"content-type": "image/png"})
    client.get("/v2/models/other")
    client.get("/nowhere/1")
    client.get("/nowhere/2")
    client.request("BREW", "/nowhere/3")
    families = text_string_to_metric_families(client.get("/metrics").text)
    samples = {(sample.name, *sample.labels.values()): sample.value for family in families for sample in family.samples}
    assert samples["brandlens_requests_total", "POST", "/sentiment/score", "200"] == 1
    assert samples["brandlens_requests_total", "GET", "other", "404"] == 2
    assert samples["brandlens_requests_total", "other", "other", "404"] == 1
    assert samples["brandlens_errors_total", "no_model", "/v2/models/{name}"] == 1
    assert samples["brandlens_items_total", "text"] == 2 and samples["brandlens_items_total", "picture"] == 1
    for stage in ("read", "work"):
        assert samples["brandlens_stage_seconds_count", "/logo/detect", stage] == 1
    assert samples["brandlens_model", "logo", "by hand", "unknown"] == 1
    assert samples["brandlens_queue",] == 0
    assert any(name == "process_resident_memory_bytes" for name, *_ in samples)
