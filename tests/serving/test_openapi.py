"""The OpenAPI document describes the door as it is, with the model's own columns."""

import jsonschema
import pytest

from serving.bundle import write_bundle
from serving.openapi import _cell
from serving.signature import Column
from tests.serving.conftest import client_of, rolled_out
from tests.support.bundles import fraud_contents, iris_contents, line_contents

pytestmark = pytest.mark.anyio
ROW = {"instances": [{"a": 1, "b": 2}]}


@pytest.mark.parametrize("contents", [line_contents, fraud_contents, iris_contents])
async def test_every_example_of_the_openapi_document_is_valid_and_answered(contents, tmp_path):
    client = client_of(await rolled_out(write_bundle(tmp_path, contents())))
    document = (await client.get("/openapi.json")).json()
    assert document["servers"] == [{"url": "/p"}]
    posts = {path: item["post"] for path, item in document["paths"].items() if "post" in item}
    assert len(posts) == 2
    for path, operation in posts.items():
        media = operation["requestBody"]["content"]["application/json"]
        answered = operation["responses"]["200"]["content"]["application/json"]["examples"]
        for example in media["examples"].values():
            jsonschema.validate(example["value"], {**document, **media["schema"]})
            answer = await client.post(path, json=example["value"])
            assert answer.status_code == 200
            assert answer.json().keys() == answered["golden"]["value"].keys()


async def test_every_path_of_the_openapi_document_exists(ask_line):
    document = (await ask_line.get("/openapi.json")).json()
    for path, item in document["paths"].items():
        for method in item:
            answer = await ask_line.request(method, path, json=ROW if method == "post" else None)
            assert answer.status_code in (200, 400), path


async def test_the_openapi_schema_knows_nulls_and_refuses_unknown_columns(ask_fraud, fraud):
    schemas = (await ask_fraud.get("/openapi.json")).json()
    row = dict(fraud.golden.rows[0])
    schema = {**schemas, "$ref": "#/components/schemas/Row"}
    jsonschema.validate({**row, "country": None}, schema)
    for bad in ({**row, "amount": None}, {**row, "more": 1}, {**row, "hour": 1.5}):
        with pytest.raises(jsonschema.ValidationError, match=r"is not of type|was unexpected"):
            jsonschema.validate(bad, schema)


def test_a_date_is_described_as_text_or_number():
    dated = Column(name="day", type="float", nullable=True, dates=True)
    cell = _cell(dated)
    assert cell["type"] == ["number", "string", "null"]
    assert "ISO 8601" in cell["description"]
