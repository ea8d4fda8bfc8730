"""What the OpenAPI document says holds: cases made from it, and every example of a mistake."""

import os

import pytest

CASES = int(os.environ.get("LONGSHELF_SCHEMA_CASES", "4"))
"""Per endpoint and kind of case; 10,000 malformed requests need about 500."""


def test_the_document_names_every_endpoint_and_its_errors(server):
    said = server.client.get("/openapi.json").json()
    posts = {path for path, methods in said["paths"].items() if "post" in methods}
    assert posts == {
        "/recommend", "/search", "/related", "/classify", "/describe", "/explain", "/feedback",
    }  # fmt: skip
    assert {"/health", "/ready", "/metrics", "/catalogue"} <= set(said["paths"])
    for path in posts:
        made = said["paths"][path]["post"]
        assert {"200", "400", "401", "413", "422", "429", "503"} <= set(made["responses"])
        assert "schema" in made["requestBody"]["content"]["application/json"]


@pytest.mark.filterwarnings("default")
def test_no_case_made_from_the_document_breaks_it(server):
    schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")
    from hypothesis import HealthCheck, Phase, given, settings

    document = schemathesis.openapi.from_url(f"{server.url}/openapi.json")
    modes = [schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE]
    tried = 0
    for found in document.get_all_operations():
        operation = found.ok()
        for mode in modes:

            @settings(
                max_examples=CASES,
                deadline=None,
                database=None,
                derandomize=True,
                suppress_health_check=list(HealthCheck),
                phases=[Phase.explicit, Phase.generate],
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def hold(case):
                nonlocal tried
                tried += 1
                answer = case.call(base_url=server.url)
                assert answer.status_code < 500, case.as_curl_command()
                if answer.status_code != 413:
                    case.validate_response(answer)

            try:
                hold()
            except Exception as error:
                if type(error).__name__ != "Unsatisfiable":
                    raise
    assert tried >= CASES * 7
    assert server.client.get("/ready").json()["rejected"] == ""
