"""`slipway new` and what `dg scaffold` does with the same options."""

import importlib
from pathlib import Path

import dagster as dg
import pytest
from dagster.components.component_scaffolding import scaffold_object

from platform_assets.cli.new import new, summary
from platform_assets.scaffold.plan import Request
from tests.scaffold.examples import flats, flowers, planned, saved

PIPELINE = "platform_assets.component.ModelPipeline"
FILES = ["__init__.py", "contract.py", "defs.yaml", "estimator.py"]


def scaffolded(folder: Path, params: str, form: str = "yaml") -> None:
    scaffold_object(folder, PIPELINE, params, form, folder.parent.parent)


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def test_a_file_becomes_a_folder_and_the_next_step_is_named(home, tmp_path, capsys):
    file = saved(tmp_path, flowers())
    new(Request("flowers", file, "kind"), tmp_path / "defs")
    said = capsys.readouterr().out
    assert names(tmp_path / "defs" / "flowers") == FILES
    assert "task: multiclass (3 different texts)\nfeatures: 3 of 3 columns\n" in said
    assert f"next: slipway up --detach, then slipway run flowers {file}\n" in said


def test_a_file_whose_name_holds_a_space_is_quoted_in_the_next_step(home, tmp_path, capsys):
    file = saved(tmp_path, flowers(), "two words.csv")
    new(Request("flowers", file, "kind"), tmp_path / "defs")
    assert f"slipway run flowers '{file}'\n" in capsys.readouterr().out


def test_what_was_left_out_is_said_with_the_reason(tmp_path):
    said = summary(planned(saved(tmp_path, flats(), sep=";"), "rent"))
    assert "  without 'id': seems to name the row" in said


def test_values_that_go_to_quarantine_are_said(tmp_path):
    frame = flowers().assign(count=["none of it" if row == 7 else str(row) for row in range(300)])
    said = summary(planned(saved(tmp_path, frame), "kind"))
    assert "rows go to quarantine for values in count; see contract.py" in said


def test_a_refusal_is_one_sentence_and_exit_code_1(slipway, tmp_path):
    file = saved(tmp_path, flowers())
    told = slipway("new", "trial", "--from", str(file), "--target", "kinds")
    assert told.code == 1
    assert told.err.startswith("slipway: table.csv: has no column 'kinds' for --target; ")
    assert told.err.count("\n") == 1


@pytest.mark.parametrize("missing", ["--from", "--target"])
def test_the_file_and_the_target_have_to_be_named(slipway, missing):
    words = {"--from": "a.csv", "--target": "y"}
    del words[missing]
    told = slipway("new", "trial", *(word for pair in words.items() for word in pair))
    assert (told.code, missing in told.err) == (2, True)


def test_an_unknown_task_is_wrong_use(slipway):
    told = slipway("new", "trial", "--from", "a.csv", "--target", "y", "--task", "clustering")
    assert (told.code, "'binary', 'multiclass', 'regression'" in told.err) == (2, True)


def test_dagster_scaffolds_the_same_files(tmp_path):
    file = saved(tmp_path, flowers())
    new(Request("flowers", file, "kind"), tmp_path / "ours")
    scaffolded(tmp_path / "defs" / "flowers", f'{{"from": "{file}", "target": "kind"}}')
    for name in FILES:
        ours = (tmp_path / "ours" / "flowers" / name).read_text()
        assert (tmp_path / "defs" / "flowers" / name).read_text() == ours


def test_dagster_leaves_nothing_of_what_is_refused(tmp_path):
    file = saved(tmp_path, flowers())
    with pytest.raises(SystemExit, match=r"dg: .*no column 'kinds' for --target; name one of"):
        scaffolded(tmp_path / "defs" / "flowers", f'{{"from": "{file}", "target": "kinds"}}')
    assert not (tmp_path / "defs" / "flowers").exists()


def test_a_scaffolded_folder_becomes_the_graph_of_a_model(tmp_path, monkeypatch):
    root = tmp_path / "yard_of_new"
    scaffolded(
        root / "defs" / "flowers", f'{{"from": "{saved(tmp_path, flowers())}", "target": "kind"}}'
    )
    for place in (root, root / "defs"):
        (place / "__init__.py").touch()
    (tmp_path / "pyproject.toml").write_text(
        '[tool.dg]\ndirectory_type = "project"\n[tool.dg.project]\nroot_module = "yard_of_new"\n'
    )
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    loaded = dg.load_from_defs_folder(path_within_project=tmp_path).assets or ()
    keys = {key for one in loaded if isinstance(one, dg.AssetsDefinition) for key in one.keys}
    assert dg.AssetKey(["flowers", "staging_deployment"]) in keys
