"""The OpenAPI document describes the door as it is, with the model's own columns."""

import re

import jsonschema
import orjson
import pytest

from serving.bodies import CSV
from serving.bundle import write_bundle
from serving.ingress import Ingress
from serving.openapi import _cell, openapi
from serving.settings import ServingSettings
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
    assert len(posts) == 3
    for path, operation in posts.items():
        answered = operation["responses"]["200"]["content"]["application/json"]["examples"]
        for media, body in operation["requestBody"]["content"].items():
            for example in body.get("examples", {}).values():
                jsonschema.validate(example["value"], {**document, **body["schema"]})
                content = example["value"] if media == CSV else orjson.dumps(example["value"])
                answer = await client.post(path, content=content, headers={"content-type": media})
                assert answer.status_code == 200
                assert answer.json().keys() == answered["golden"]["value"].keys()


async def test_every_path_of_the_openapi_document_exists(ask_line):
    document = (await ask_line.get("/openapi.json")).json()
    for path, item in document["paths"].items():
        for method in item:
            answer = await ask_line.request(method, path, json=ROW if method == "post" else None)
            assert answer.status_code in (200, 400), path
            media = answer.headers["content-type"].partition(";")[0]
            operation = item[method]["responses"][str(answer.status_code)]
            assert media in operation["content"], path


async def test_every_path_that_there_is_stands_in_the_openapi_document(line):
    rollout = await rolled_out(line)
    document = openapi(rollout.live, "")
    door = Ingress(rollout, ServingSettings())
    assert {*door._get, *door._post} <= document["paths"].keys()


async def test_the_try_it_page_takes_nothing_from_elsewhere(ask_line):
    page = await ask_line.get("/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert not re.search(r"https?:|src=|url\(|@import", page.text)


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
