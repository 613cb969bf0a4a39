"""`slipway trace`: from an answer of the real door back to what is behind it, and once more."""

import json
import shutil

import pyarrow as pa
import pytest

from platform_assets.cli.trace import behind
from platform_assets.watch.landing_log import land
from platform_assets.watch.tracing import Replay, find, replay
from resources.artifacts import Artifacts
from resources.lake import Lake
from resources.settings import load_settings
from serving.bundle import write_bundle
from tests.support.bundles import iris_contents, line_contents
from tests.support.logged import serve
from tests.support.releases import bring, serving

ROW = {"a": 1, "b": 2}


@pytest.fixture
def settings(home):
    return load_settings()


@pytest.fixture
def artifacts(settings):
    return Artifacts(settings.artifacts)


@pytest.fixture
def line(artifacts):
    return write_bundle(artifacts.bundles("line"), line_contents())


@pytest.fixture
def lake(settings):
    return Lake(settings.lake)


def look(lake, settings, name, model="line"):
    return find(lake, settings.predictions, [model], name)


@pytest.mark.parametrize("landed", [False, True])
def test_a_request_is_found_wherever_it_is_and_gives_the_same_answer(
    lake, settings, artifacts, line, landed
):
    serve(settings.predictions, line, {"q-1": [ROW, {"a": 0, "b": -1}], "q-2": [ROW]})
    if landed:
        land(lake, settings.predictions, "line")
    (request,) = look(lake, settings, "q-1")
    assert (request.landed, request.digest, len(request.rows)) == (landed, line.digest, 2)
    assert request.features(line.signature) == [ROW, {"a": 0, "b": -1}]
    assert replay(artifacts, request).sentence() == "replayed: the same answer"


def test_what_landed_and_whose_file_is_still_there_is_found_once(lake, settings, line):
    serve(settings.predictions, line, {"q-1": [ROW]})
    shutil.copytree(settings.predictions, settings.home / "before")
    land(lake, settings.predictions, "line")
    shutil.copytree(settings.home / "before", settings.predictions, dirs_exist_ok=True)
    assert len(look(lake, settings, "q-1")) == 1


def test_an_id_that_a_caller_used_twice_names_two_requests(lake, settings, line):
    for value in (1, 5):
        serve(settings.predictions, line, {"q-1": [{"a": value, "b": 0}]})
    newest, oldest = look(lake, settings, "q-1")
    assert [one.scores.tolist() for one in (newest, oldest)] == [[10.0], [2.0]]


def test_several_classes_are_replayed_too(lake, settings, artifacts):
    iris = write_bundle(artifacts.bundles("iris"), iris_contents())
    serve(settings.predictions, iris, {"q": [{"petal": 0.1}, {"petal": 6.0}]})
    land(lake, settings.predictions, "iris")
    (request,) = look(lake, settings, "q", "iris")
    assert request.scores.shape == (2, 3)
    assert replay(artifacts, request).difference == 0


def test_an_answer_that_the_bundle_does_not_give_is_told_with_the_difference(
    lake, settings, artifacts, line
):
    serve(settings.predictions, line, {"q-1": [ROW]})
    land(lake, settings.predictions, "line")
    rows = lake.read("line/predictions")
    place = rows.schema.get_field_index("_score")
    changed = rows.set_column(place, rows.schema.field(place), pa.array([9.0]))
    lake.overwrite("line/predictions", changed, "changed")
    (request,) = look(lake, settings, "q-1")
    told = replay(artifacts, request).sentence()
    assert told == "replayed: differs by 1, beyond the tolerance of the bundle (1e-05)"


def test_a_bundle_that_is_gone_and_a_request_that_was_refused_are_said(
    lake, settings, artifacts, line
):
    serve(settings.predictions, line, {"q-1": [ROW], "q-2": [{"a": "x", "b": 1}]})
    (refused,) = look(lake, settings, "q-2")
    assert "nothing was scored" in replay(artifacts, refused).sentence()
    shutil.rmtree(line.folder)
    (request,) = look(lake, settings, "q-1")
    assert "is not there" in replay(artifacts, request).sentence()


def test_links_that_are_gone_become_sentences(at, lake, settings, line):
    serve(settings.predictions, line, {"q-1": [ROW]})
    (request,) = look(lake, settings, "q-1")
    told = behind(request, 0, {}, Replay(0.0), at.forge, lake)
    assert [gap.partition(" ")[0] for gap in told.gaps] == ["the", "git"]


def test_the_commit_that_put_it_there_is_named_with_whose_it_is(at, lake, settings, line):
    bring(at.forge, serving(line, "staging"))
    serve(settings.predictions, line, {"q-1": [ROW]}, "staging")
    (request,) = look(lake, settings, "q-1")
    told = behind(request, 0, {line.digest: {"verdict": "passed"}}, Replay(0.0), at.forge, lake)
    assert told.change.revision == at.forge.head()
    assert told.lines()["commit"].endswith("(release)")
    assert told.gaps == ("the deliveries that it was learned from are not known",)


def test_an_id_that_nobody_logged_fails_with_the_reasons(home, slipway):
    told = slipway("trace", "nobody")
    assert told.code == 1
    assert "no request 'nobody' in the prediction log of diabetes, fraud" in told.err


def test_the_command_tells_the_way_as_a_list_and_as_json(home, settings, artifacts, slipway):
    contents = line_contents()
    signature = contents.signature.model_copy(update={"model": "diabetes"})
    bundle = write_bundle(
        artifacts.bundles("diabetes"), type(contents)(**(vars(contents) | {"signature": signature}))
    )
    serve(settings.predictions, bundle, {"q-1": [ROW]}, "staging")
    told = slipway("trace", "q-1")
    assert told.code == 0
    assert "replayed: the same answer" in told.out
    document = json.loads(slipway("trace", "q-1", "--model", "diabetes", "--json").out)
    assert (document["bundle"], document["scores"]) == (bundle.digest, [8.0])
    assert document["rows"] == [{"a": 1.0, "b": 2.0}]
