"""What a version says it was made from is enough to make it again, or says what is missing."""

import json

import pytest

from platform_assets.errors import NotReproducible
from platform_assets.model import audit
from platform_assets.model.candidate_model import CODE
from platform_assets.model.seen import TRAINING_SET
from platform_assets.reproduction.pins import NEEDED, pins_of
from resources.registry import Version
from tests.support.releases import digest

COMMIT = "c" * 40
TAGS = {
    CODE: COMMIT,
    TRAINING_SET: "7",
    audit.TABLE: "a table",
    audit.CANDIDATE: "a candidate",
    audit.SEARCH: json.dumps({"tried": 2, "took_seconds": 1.5, "trials": 9, "space": {}}),
    audit.ENVIRONMENT: json.dumps({"lock": "l" * 64, "python": "3.11.2"}),
}


def version(**changes):
    return Version("tiny", "3", digest("a"), "run", "file:///b", {**TAGS, **changes})


def test_a_version_pins_rows_code_libraries_and_search():
    pins = pins_of(version())
    assert (pins.name, pins.commit, pins.digest) == ("tiny@3", COMMIT, digest("a"))
    assert (pins.training_set, pins.table, pins.candidate) == (7, "a table", "a candidate")
    assert (pins.lock, pins.python) == ("l" * 64, "3.11.2")
    assert (pins.search, pins.tried) == ({"trials": 9, "space": {}}, 2)


@pytest.mark.parametrize("tag", NEEDED)
def test_a_version_that_does_not_name_an_input_cannot_be_made_again(tag):
    with pytest.raises(NotReproducible, match=rf"tiny@3 .* MLflow does not know its {tag}"):
        pins_of(version(**{tag: ""}))


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (f"{COMMIT}-dirty", "files that differ from commit c{12} and are in no commit"),
        ("unknown", "trained outside git"),
    ],
)
def test_a_version_from_no_commit_says_so(code, said):
    with pytest.raises(NotReproducible, match=said):
        pins_of(version(**{CODE: code}))
