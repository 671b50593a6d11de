"""The API against its own description, with requests that nobody thought of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from serving import TOKEN, Server, served

pytestmark = pytest.mark.slow

CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance,
    negative_data_rejection, unsupported_method,
]  # fmt: skip
OPERATIONS = 14
SEARCHES = ("/api/optimal", "/api/nash", "/api/talks")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with served() as found:
        yield found


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("place", range(OPERATIONS))
def test_every_answer_is_as_described(server: Server, place: int, mode: Any) -> None:
    document = server.ask("GET", "/openapi.json").json
    for methods in document["paths"].values():
        for operation in methods.values():
            operation.pop("security", None)  # the token is tested elsewhere and always sent here
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=server.origin)
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) == OPERATIONS

    @given(case=operations[place].as_strategy(generation_mode=mode))
    @settings(max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    def answered(case: Any) -> None:
        if case.path in SEARCHES:
            case.query = {**(case.query or {}), "wait": 0}
        answer = case.call(headers={"x-detente-token": TOKEN}, timeout=120)
        # 413 is how the guard refuses what is longer than the description allows, before anybody reads it
        checks = [each for each in CHECKS if answer.status_code != 413 or each is not negative_data_rejection]
        case.validate_response(answer, checks=checks)
        if answer.status_code == 202:
            server.ask("DELETE", f"/api/jobs/{answer.json()['job']}")

    try:
        answered()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE  # nothing to be wrong about: no parameter and no body
