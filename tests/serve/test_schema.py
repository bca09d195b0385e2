"""Requests made from the OpenAPI: none fails the service, and no answer is undocumented."""

from collections.abc import Callable

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import checks
from schemathesis.specs.openapi import checks as openapi_checks

CHECKS = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_headers_conformance,
    openapi_checks.response_schema_conformance,
    openapi_checks.unsupported_method,
]


@pytest.fixture(scope="module")
def api(make_client: Callable[..., TestClient]) -> schemathesis.BaseSchema:
    app = make_client(max_texts=5, max_text=50, max_pictures=3, max_body=10_000).app
    return schemathesis.openapi.from_asgi("/openapi.json", app, headers={"Host": "localhost"})


def test_requests(api: schemathesis.BaseSchema) -> None:
    for result in api.get_all_operations():
        operation = result.ok()

        @given(operation.as_strategy())
        @settings(max_examples=3, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck))
        def check(case: schemathesis.Case) -> None:
            case.headers["Host"] = "localhost"
            case.call_and_validate(checks=CHECKS)

        check()


def test_every_route_is_documented(client: TestClient) -> None:
    operations = [
        operation for path in client.get("/openapi.json").json()["paths"].values() for operation in path.values()
    ]
    assert len(operations) > 15
    for operation in operations:
        assert operation["description"] and {"400", "401", "403", "429", "503"} <= operation["responses"].keys()
