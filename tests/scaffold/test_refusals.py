"""What cannot become a model ends in one sentence that says what to do; nothing is written."""

import pandas as pd
import pytest

from gitops.policy import parse_policy
from platform_assets.errors import NotScaffolded
from platform_assets.scaffold.plan import Request
from platform_assets.scaffold.write import begin
from tests.scaffold.examples import flowers, saved, written
from tests.support.releases import POLICY

PLAIN = "save it as plain csv"
REPEATED = "a,a,y\n" + "1,2,x\n1,3,z\n" * 20
FILES = {
    "an empty file": (b"", "is empty"),
    "blank lines": (b"\n \n", "is empty"),
    "a header alone": (b"a,b,y\n", "holds no rows"),
    "an Excel workbook": (b"PK\x03\x04 and so on", "Excel workbook"),
    "an old workbook": (b"\xd0\xcf\x11\xe0 and so on", "Excel workbook"),
    "a web page": (b"<!DOCTYPE html><html>", "web page"),
    "a JSON array": (b'[{"a": 1}]', "one JSON object a line"),
    "bytes": (bytes(range(256)) * 9, "neither text nor Parquet"),
    "half a gzip file": (b"\x1f\x8b\x08\x00\x00\x00\x00\x00", "gzip"),
    "half a Parquet file": (b"PAR1 and so on", "Parquet"),
    "one column": (b"y\n" + b"a\nb\n" * 20, "one column only"),
    "columns below each other": (b"a   b y\n1   2 x\n" * 20, "several spaces"),
    "a short header": (b"a,y\n" + b"1,2,x\n" * 20, "first line holds 2 values"),
    "a name twice": (REPEATED.encode(), "'a' more than once"),
    "two rows": (b"a,y\n1,b\n2,c\n", "holds 2 rows"),
    "no JSON": (b'{"y": 1}\n' + b"{no\n" * 9, "hold no JSON object"),
}


def refusal(file, target="y", defs=None, name="trial", **asked):
    defs = defs or file.parent / "defs"
    with pytest.raises(NotScaffolded) as refused:
        begin(Request(name, file, target, **asked), defs, parse_policy(POLICY))
    assert not (defs / name).exists() or name == "there"
    assert list(defs.parent.glob(".new-*")) == []
    assert "\n" not in str(refused.value)
    assert ";" in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize("case", FILES)
def test_a_file_that_is_no_table_is_refused(tmp_path, case):
    content, said = FILES[case]
    assert said in refusal(written(tmp_path, content))


TARGETS = {
    "missing": ({}, "kine", "name one of: petal length (cm), width, colour, kind"),
    "all one value": ({"kind": "lily"}, "kind", "'lily' in every row"),
    "empty": ({"kind": None}, "kind", "empty in all 300 rows"),
    "a date": ({"kind": pd.Timestamp("2024-01-01")}, "kind", "is a date"),
    "almost one value": ({"kind": ["a"] * 298 + ["b"] * 2}, "kind", "'b' in 2 rows only"),
    "names": ({"kind": [f"n{row}x" for row in range(300)]}, "kind", "300 classes in 300 rows"),
}


@pytest.mark.parametrize("case", TARGETS)
def test_a_target_that_tells_nothing_is_refused(tmp_path, case):
    changes, target, said = TARGETS[case]
    assert said in refusal(saved(tmp_path, flowers().assign(**changes)), target)


ASKED = {
    "an unknown time": ({"time": "day"}, "no column 'day' for --time"),
    "a time of words": ({"time": "colour"}, "no date in a known format"),
    "an id that repeats": ({"id": "colour"}, "--id 'colour' repeats"),
    "an id with gaps": ({"id": "width"}, "--id 'width' is missing in 30 of 300 rows"),
    "the target as id": ({"id": "kind"}, "both 'kind'"),
    "words for a regression": ({"task": "regression"}, "a regression needs numbers"),
    "three classes of two": ({"task": "binary"}, "a binary task two"),
}


@pytest.mark.parametrize("case", ASKED)
def test_what_contradicts_the_data_is_refused(tmp_path, case):
    asked, said = ASKED[case]
    assert said in refusal(saved(tmp_path, flowers()), "kind", **asked)


def test_two_classes_are_no_multiclass_task(tmp_path):
    assert "it is binary" in refusal(saved(tmp_path, flowers()), "colour", task="multiclass")


def test_a_table_with_nothing_to_learn_from_is_refused_with_the_reasons(tmp_path):
    frame = flowers()[["kind"]].assign(const=1, day="2024-01-01")
    said = refusal(saved(tmp_path, frame), "kind")
    assert "'const' is always '1' in the sample; 'day' is always '2024-01-01'" in said


def test_where_the_time_alone_is_left_it_can_be_learned_from(tmp_path):
    days = pd.date_range("2024-01-01", periods=300)
    frame = flowers()[["kind"]].assign(day=days).rename_axis(index="").reset_index()
    said = refusal(saved(tmp_path, frame), "kind", time="day")
    assert "'' has no name); leave --time out to learn from 'day', or add columns" in said


def test_a_file_without_a_header_says_so_and_names_its_columns(tmp_path):
    said = refusal(saved(tmp_path, flowers(), header=False), "kind")
    assert "no header line; name one of: column_1, column_2" in said


def test_a_wide_table_names_only_what_comes_close(tmp_path):
    frame = pd.DataFrame({f"feature_{place}": range(30) for place in range(500)})
    said = refusal(saved(tmp_path, frame), "feature_4x")
    assert len(said) < 300
    assert "and 495 more" in said


@pytest.mark.parametrize("name", ["Churn", "1st", "a b", "a_b", "größe", "", "a" * 41, "../up"])
def test_a_name_that_no_model_may_have_is_refused(tmp_path, name):
    assert "is no name for a model" in refusal(saved(tmp_path, flowers()), "kind", name=name)


def test_a_folder_that_exists_is_never_touched(tmp_path):
    kept = tmp_path / "defs" / "there" / "defs.yaml"
    kept.parent.mkdir(parents=True)
    kept.write_text("mine")
    said = refusal(saved(tmp_path, flowers()), "kind", name="there")
    assert "exists already, and nothing was written" in said
    assert kept.read_text() == "mine"


def test_a_missing_file_is_named(tmp_path):
    assert "nowhere.csv: no such file" in refusal(tmp_path / "nowhere.csv")


def test_a_name_that_an_environment_cannot_serve_is_refused(tmp_path):
    file = saved(tmp_path, flowers())
    said = refusal(file, "kind", name="n" * 40)
    assert "at most 39 characters, as 'staging' goes before it" in said
    assert "does not begin 'staging'" in refusal(file, "kind", name="staging-flowers")
