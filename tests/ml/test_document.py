"""`report.json`: the findings of the page for programs, by a schema that is published and true."""

import json
from dataclasses import replace

import jsonschema
import pytest

from platform_assets.ml.document import document, schema
from resources.settings import CHECKOUT
from tests.ml.report_facts import MAIN, facts

PUBLISHED = json.loads((CHECKOUT / "docs" / "report.schema.json").read_text())


def test_the_published_schema_is_that_of_the_code():
    """If this fails: .venv/bin/python -m platform_assets.ml.document > docs/report.schema.json"""
    assert schema() == PUBLISHED


@pytest.mark.parametrize("task", MAIN)
def test_a_report_of_each_task_keeps_the_schema(task):
    jsonschema.validate(json.loads(document(facts(task))), PUBLISHED)


def test_the_figures_are_those_of_the_page():
    found = json.loads(document(facts()))
    told = facts().figures.candidate["average_precision"]
    assert found["figures"]["values"]["candidate"]["average_precision"]["value"] == told.value
    assert found["outcome"] == "pass"
    assert found["verdict"].startswith("Fit for release")


def test_what_is_undefined_is_null_and_keeps_the_schema():
    given = facts()
    unknown = [replace(one, figure=replace(one.figure, value=float("nan"))) for one in given.slices]
    found = json.loads(document(replace(given, slices=unknown)))
    assert found["slices"][0]["figure"]["value"] is None
    jsonschema.validate(found, PUBLISHED)


def test_a_report_that_lacks_a_part_breaks_the_schema():
    found = json.loads(document(facts()))
    del found["verdict"]
    with pytest.raises(jsonschema.ValidationError, match="'verdict' is a required property"):
        jsonschema.validate(found, PUBLISHED)


def test_equal_facts_give_equal_bytes():
    assert document(facts()) == document(facts())
