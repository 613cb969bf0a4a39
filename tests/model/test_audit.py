"""What the registry tells an auditor of a version."""

import json

import pytest

from platform_assets.data.intake import DELIVERIES
from platform_assets.model import audit
from platform_assets.model.candidate_model import CODE
from platform_assets.model.seen import CLEANED, TRAINING_SET
from tests.model.conftest import COMMIT, workshop_at


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What is said of one entry, and the entry."""
    workshop = workshop_at(tmp_path_factory.mktemp("workshop"))
    entry = workshop.entry()
    table = workshop.lake.read("tiny/training_set")
    entry["cleaned_version"] = workshop.lake.commit_behind(
        "tiny/cleaned", None, table.schema, table.to_batches(), {DELIVERIES: 3}
    )
    tags = audit.audit_tags(workshop.folder, workshop.lake, workshop.artifacts, entry, entry)
    return workshop, entry, tags


def test_every_tag_is_text(told):
    _, _, tags = told
    assert all(isinstance(value, str) and value for value in tags.values())


def test_rows_and_code_are_named(told):
    workshop, entry, tags = told
    assert tags[TRAINING_SET] == str(entry["training_set_version"])
    assert tags[audit.TABLE] == workshop.lake.table_id("tiny/training_set")
    assert (tags[CODE], tags[audit.CODE_VERSION]) == (COMMIT, workshop.folder.code_version)
    assert tags[audit.CANDIDATE] == entry["candidate_key"]


def test_the_search_says_what_it_was_allowed_and_what_it_came_to(told):
    _, _, tags = told
    search = json.loads(tags[audit.SEARCH])
    assert (search["tried"], search["trials"]) == (2, 2)
    assert search["space"] == {"logisticregression__C": [0.1, 1.0]}
    assert search["took_seconds"] >= 0


def test_the_environment_is_that_of_the_bundle(told):
    _, entry, tags = told
    assert {"lock", "python"} <= set(json.loads(tags[audit.ENVIRONMENT]))
    assert tags[audit.RUNTIME] == entry["runtime"]


def test_the_rows_before_are_named_by_version_and_deliveries(told):
    _, entry, tags = told
    assert (tags[CLEANED], tags[audit.DELIVERED]) == (str(entry["cleaned_version"]), "3")
