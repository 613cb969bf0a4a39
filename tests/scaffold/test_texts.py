"""The files that are written: valid, formatted, and what they say of the data is true."""

import ast
import subprocess
import sys

import numpy as np
import pytest
import yaml

from platform_assets.scaffold.contract_text import contract_text
from platform_assets.scaffold.identifiers import identifiers
from platform_assets.scaffold.spec_text import spec_text
from platform_assets.scaffold.write import files, load, write_folder
from tests.scaffold.examples import flats, flowers, people, planned, saved

ODD = [
    "a b",
    "class",
    "1st",
    "größe",
    "_private",
    "studyName",
    'say "so"',
    "to_schema",
    "pa",
    "int",
]
ODD += ["a,b;c", "a: b # c", "- x", "yes", "{x}", "tab\there", "back\\slash", "'", "ﬁne", "%", "İ"]


def odd_plan(tmp_path):
    frame = flowers().assign(**{name: np.arange(300) / 7 for name in ODD})
    return planned(saved(tmp_path, frame), "kind")


PLANS = {
    "multiclass": lambda place: planned(saved(place, flowers()), "kind"),
    "many rows": lambda place: planned(saved(place, flowers(1200)), "kind"),
    "binary": lambda place: planned(saved(place, people(1500)), "income"),
    "regression": lambda place: planned(
        saved(place, flats(), sep=";"), "rent", time="let on", id="id"
    ),
    "odd names": odd_plan,
    "no header": lambda place: planned(saved(place, people(), header=False), "column_3"),
    "an odd file": lambda place: planned(
        saved(place, flowers(), 'my "new" """file\'s\n# copy.csv'), "kind"
    ),
    "long lists": lambda place: planned(
        saved(place, flowers().assign(town=[f"the town {row % 15} on sea" for row in range(300)])),
        "kind",
    ),
    "long lists with quotes": lambda place: planned(
        saved(
            place, flowers().assign(town=[f'the "{row % 15}" town on sea' for row in range(300)])
        ),
        "kind",
    ),
    "ids with gaps": lambda place: planned(
        saved(place, flowers().assign(id=[None, *range(1, 300)])), "kind", id="id"
    ),
}


@pytest.fixture(params=PLANS)
def plan(tmp_path, request):
    return PLANS[request.param](tmp_path)


def test_what_is_written_loads_with_the_real_loader(tmp_path, plan):
    model = load(write_folder(plan, tmp_path / "defs"))
    assert model.spec.features == list(plan.features)
    assert list(model.contract.columns) == list(plan.columns)


def test_what_is_written_passes_the_repositorys_own_linter(tmp_path, plan):
    folder = write_folder(plan, tmp_path / "defs")
    ruff = [sys.executable, "-m", "ruff"]
    # RUF001-003: names may look like others in another alphabet.
    quiet = ["--ignore", "RUF001,RUF002,RUF003", "--no-cache"]
    for words in (["check", *quiet], ["format", "--check", "--no-cache"]):
        done = subprocess.run([*ruff, *words, folder], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def test_the_same_file_gives_the_same_text(tmp_path):
    assert files(PLANS["binary"](tmp_path)) == files(PLANS["binary"](tmp_path))


def test_attributes_are_python_names_each_its_own():
    found = identifiers([*ODD, "A b", "a_b"])
    assert all(name.isidentifier() for name in found.values())
    assert len(set(found.values())) == len(found)
    assert (found["a b"], found["größe"], found["studyName"]) == ("a_b", "grosse", "study_name")


def test_ranges_reach_beyond_the_sample_and_below_zero_only_if_it_did(tmp_path):
    frame = flowers().assign(cold=np.linspace(-30, 5, 300), rows=range(300))
    text = contract_text(planned(saved(tmp_path, frame), "kind"))
    assert "cold: Series[float] = pa.Field(ge=-1_000, le=1_000)" in text
    assert "rows: Series[int] = pa.Field(ge=0, le=10_000)" in text


def test_short_lists_of_words_are_closed_and_long_ones_are_open(tmp_path):
    frame = flowers().assign(place=[f"p{row % 40}" for row in range(300)])
    text = contract_text(planned(saved(tmp_path, frame), "kind"))
    assert 'colour: Series[str] = pa.Field(isin=["red", "white"])' in text
    assert "place: Series[str]\n" in text


def test_gaps_make_whole_numbers_floats_and_truth_words(tmp_path):
    gap = np.arange(300) % 5 == 0
    frame = flowers().assign(
        count=[None if there else str(row) for row, there in enumerate(gap)],
        flag=[None if there else row % 2 == 0 for row, there in enumerate(gap)],
    )
    text = contract_text(planned(saved(tmp_path, frame), "kind"))
    assert "count: Series[float] = pa.Field(ge=0, le=10_000, nullable=True)" in text
    assert 'flag: Series[str] = pa.Field(isin=["False", "True"], nullable=True)' in text


def test_how_values_are_written_stands_in_the_contract(tmp_path):
    text = contract_text(PLANS["regression"](tmp_path))
    assert 'metadata={"format": "%d.%m.%Y"}' in text
    assert text.count('metadata={"decimal": ","}') == 2


def test_what_names_a_person_is_tagged(tmp_path):
    frame = flowers().assign(Email=[f"a{row}@b.org" for row in range(300)])
    text = contract_text(planned(saved(tmp_path, frame), "kind"))
    assert 'Email: Series[str] = pa.Field(metadata={"personal": True})' in text


def test_strays_are_shown_beside_their_column(tmp_path):
    frame = flowers().assign(count=["none of it" if row == 7 else str(row) for row in range(300)])
    text = contract_text(planned(saved(tmp_path, frame), "kind"))
    assert (
        '# Rows that hold "none of it" or the like go to quarantine.\n    count: Series[int]'
        in text
    )


def test_the_source_says_how_the_file_is_read(tmp_path):
    source = yaml.safe_load(spec_text(PLANS["no header"](tmp_path)))["attributes"]["source"]
    assert source["header"] == ["column_1", "column_2", "column_3"]
    assert source["nulls"] == ["", " ?"]
    assert source["trim"] is True


def test_a_column_that_is_left_out_stands_there_with_its_reason(tmp_path):
    text = spec_text(PLANS["regression"](tmp_path))
    assert yaml.safe_load(text)["attributes"]["split"]["kind"] == "time"
    hint = spec_text(planned(saved(tmp_path, flats(), sep=";"), "rent"))
    assert "    # - id # seems to name the row" in hint
    assert "  # time: let on # allows split.kind: time\n" in hint
    assert "  # id: id # refuses duplicates\n" in hint


def test_a_date_is_a_feature_unless_it_is_the_time_or_tells_nothing(tmp_path):
    plan = planned(saved(tmp_path, flats(), sep=";"), "rent")
    assert "A date counts as its days since 1970-01-01" in spec_text(plan)
    assert yaml.safe_load(spec_text(plan))["attributes"]["features"][-1] == "let on"
    assert 'metadata={"notation": "date", "format": "%d.%m.%Y"}' in contract_text(plan)
    assert "A date counts" not in spec_text(PLANS["regression"](tmp_path))


def test_how_money_and_percent_are_written_stands_in_the_contract(tmp_path):
    frame = flowers().assign(price=[f"${row},000.50" for row in range(1, 301)], off="7 %")
    frame.loc[::3, "off"] = "12.5%"
    text = contract_text(planned(saved(tmp_path, frame), "kind"))
    assert (
        'price: Series[float] = pa.Field(ge=0, le=10_000_000, metadata={"notation": "money"})'
        in text
    )
    assert 'off: Series[float] = pa.Field(ge=0, le=1_000, metadata={"notation": "percent"})' in text


def test_the_estimator_is_a_module_with_one_function(tmp_path, plan):
    tree = ast.parse(files(plan)["estimator.py"])
    assert [node.name for node in tree.body if isinstance(node, ast.FunctionDef)] == ["build"]
