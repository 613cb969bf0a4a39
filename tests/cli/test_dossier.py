"""What is known of a version, and what differs between two."""

import json

from gitops.record import DeploymentRecord
from platform_assets.cli.dossier import Stay, changes, details, dossier, same_rows, stays
from platform_assets.model import audit
from platform_assets.model.candidate_model import CODE
from platform_assets.model.seen import TRAINING_SET
from resources.registry import Version
from tests.support.releases import digest

TAGS = {
    CODE: "c" * 40,
    TRAINING_SET: "7",
    audit.TABLE: "a table",
    audit.PARAMETERS: json.dumps({"C": 1.0}),
    audit.SEARCH: json.dumps({"tried": 2, "took_seconds": 1.5}),
    audit.ENVIRONMENT: json.dumps({"lock": "l" * 64, "python": "3.11.2"}),
}
JUDGED = {"figures": [{"metric": "roc_auc", "value": 0.8, "low": 0.7, "high": 0.9, "more": 1}]}


def version(number="3", letter="a", **changes):
    return Version("tiny", number, digest(letter), "run", "file:///b", {**TAGS, **changes})


def lived(*letters, environment="production"):
    record = DeploymentRecord(environment, "tiny")
    for day, letter in enumerate(letters, start=1):
        named = digest(letter) if letter else ""
        record = record.with_proof(f"r{day}", named, "3", f"day {day}", ())
    return record


def test_a_dossier_holds_what_registry_git_and_report_say():
    found = dossier(version(), {"champion": "3", "staging": "4"}, [lived("a")], JUDGED)
    assert (found.aliases, found.said["code commit"]) == (("champion",), "c" * 40)
    assert found.figures == {"roc_auc": {"value": 0.8, "low": 0.7, "high": 0.9}}
    assert found.live == (Stay("production", "day 1", None),)
    assert details(found)["parameter C"] == "1.0"
    assert json.loads(json.dumps(found.to_dict()))["version"] == "3"


def test_a_version_from_before_says_no_more_than_it_knows():
    found = dossier(Version("tiny", "1", digest("a"), "run", "", {}), {})
    assert (found.said, details(found), found.figures, found.live) == ({}, {}, {}, ())


def test_a_version_was_live_until_the_next_was_proven():
    record = lived("a", "a", "b", "a")
    assert stays(record, digest("a")) == [
        Stay("production", "day 1", "day 3"),
        Stay("production", "day 4", None),
    ]
    assert stays(record, digest("b")) == [Stay("production", "day 3", "day 4")]
    assert stays(record, digest("c")) == []


def test_a_version_that_was_removed_is_not_live_any_more():
    assert stays(lived("a", ""), digest("a")) == [Stay("production", "day 1", "day 2")]


def test_what_went_into_two_versions_is_compared():
    search = json.dumps({"tried": 2, "took_seconds": 99.0})
    other = version("4", "b", **{audit.PARAMETERS: json.dumps({"C": 2.0}), audit.SEARCH: search})
    found = {name: pair for name, *pair in changes(dossier(version(), {}), dossier(other, {}))}
    assert found == {"digest": [digest("a"), digest("b")], "parameter C": ["1.0", "2.0"]}
    assert changes(dossier(other, {}), dossier(other, {})) == []


def test_what_only_one_of_them_has_is_a_difference_too():
    more = version(**{audit.RUNTIME: "onnx"})
    assert changes(dossier(version(), {}), dossier(more, {})) == [("runtime", "-", "onnx")]


def test_figures_of_other_rows_are_told_apart():
    one, other = dossier(version(), {}), dossier(version(**{TRAINING_SET: "8"}), {})
    assert same_rows(one, one)
    assert not same_rows(one, other)
