"""Figures on a card are of what is live, or say of what they are."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gitops.evidence import Figure
from gitops.history import Change
from gitops.runtime import LiveModel
from platform_assets.board.gather import Declared, Logged
from platform_assets.board.lines import lines_of
from platform_assets.board.links import Links
from platform_assets.board.steps import Step
from platform_assets.cli.overview import Place
from tests.board.sample import observation
from tests.support.releases import digest, evidence, manifest

LINKS = Links("http://d", "http://m")
START = datetime(2026, 3, 1, tzinfo=UTC)


def change(letter):
    words = ("c" * 40, "", "promotion", "ann", "", "1", digest(letter), "", "", "", "live")
    return Change("production", "fraud", *words)


def shown(live="a", released=(), observed=()):
    serving = LiveModel(True, digest(live), "1", "2026-03-01T00:00:00+00:00")
    place = Place("production", "fraud", live=serving)
    declared = Declared(place, Step("nothing", "nobody"), change(live), tuple(released))
    return {one.name: one for one in lines_of(declared, Logged({}, tuple(observed)), LINKS)}


def judged(letter, value):
    figures = (Figure("average_precision", value),)
    return replace(evidence(manifest(letter, "production")), figures=figures)


def test_quality_is_told_release_by_release_up_to_what_is_live():
    line = shown("b", [judged("a", 0.8), judged("b", 0.9)])["average precision"]
    assert (line.value, line.alt) == (
        "0.9",
        "average precision: 2 values from 0.8 to 0.9, the newest 0.9",
    )


def test_the_quality_of_the_release_before_is_not_told_of_what_is_live():
    assert shown("b", [judged("a", 0.8)]) == {}
    assert shown("b", [judged("a", 0.8), evidence(manifest("b", "production"))]) == {}


@pytest.mark.parametrize(("live", "said"), [("a", "1,200 rows"), ("b", "version 1, 1,200 rows")])
def test_labels_that_tell_of_another_version_name_it(live, said):
    quality = observation(START, "quality", "average_precision", 0.14)
    line = shown(live, observed=[quality])["live average precision"]
    assert line.detail == f"{said}, per 1 h"


def test_drift_is_that_of_the_live_version_alone():
    drift = observation(START, "input_drift", "amount", 0.3)
    assert shown("a", observed=[drift])["drift"].value == "1 of 1 beyond"
    assert shown("b", observed=[drift]) == {}
