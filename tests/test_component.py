"""A model's folder, loaded as Dagster loads it: what is wrong is said with file, key and value."""

import shutil

import dagster as dg
import pytest
import yaml

from resources.settings import CHECKOUT

MODEL = "diabetes"


@pytest.fixture
def project(tmp_path, monkeypatch, request):
    """A project of its own with one model, under a package name that was never imported."""
    package = f"yard_{abs(hash(request.node.nodeid))}"
    folder = tmp_path / package / "defs" / MODEL
    source = CHECKOUT / "platform_assets" / "defs" / MODEL
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("__pycache__"))
    for place in (tmp_path / package, folder.parent):
        (place / "__init__.py").touch()
    (tmp_path / "pyproject.toml").write_text(
        f'[tool.dg]\ndirectory_type = "project"\n[tool.dg.project]\nroot_module = "{package}"\n'
    )
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path, folder


def load(project, **changes):
    root, folder = project
    document = yaml.safe_load((folder / "defs.yaml").read_text())
    document["attributes"] |= changes
    (folder / "defs.yaml").write_text(yaml.safe_dump(document))
    return dg.load_from_defs_folder(path_within_project=root)


def refusal(project, **changes):
    """All that is said when the folder does not load."""
    with pytest.raises(Exception) as raised:  # noqa: PT011  Dagster wraps it as it likes
        load(project, **changes)
    said, error = [], raised.value
    while error is not None:
        said.append(str(error))
        error = error.__cause__
    return "\n".join(said)


def test_a_folder_becomes_the_graph_of_a_model(project):
    keys = {
        key
        for one in load(project).assets
        for key in ([one.key] if isinstance(one, dg.AssetSpec) else one.keys)
    }
    assert {key.path[0] for key in keys} == {MODEL}
    assert {"raw", "production_deployment"} <= {key.path[1] for key in keys}


@pytest.mark.parametrize(
    ("changes", "key", "value", "allowed"),
    [
        ({"speed": 17}, "speed", "17", "Extra inputs are not permitted"),
        (
            {"split": {"kind": "sorted"}},
            "split.kind",
            "sorted",
            "'random', 'time', 'group' or 'stratified'",
        ),
        ({"metric": "accurracy"}, "metric", "'accurracy'", "allowed: mae"),
        ({"gates": [{"metric": "roc_auc", "reach": 1}]}, "gates[0].metric", "'roc_auc'", "mae"),
        ({"target": "progres"}, "target", "'progres'", "progression"),
        ({"features": ["age", "hight"]}, "features", "'hight'", "age"),
        ({"search": {"space": {"ridge__alfa": [1]}}}, "search.space", "'ridge__alfa'", "alpha"),
        ({"retraining": {"schedule": "noon"}}, "retraining.schedule", "'noon'", "'0 4 * * 1'"),
        ({"contract": "contract:Deal"}, "contract", "contract:Deal", "Contract"),
        ({"estimator": "forest:build"}, "estimator", "forest.py", "estimator"),
    ],
)
def test_a_contradiction_is_refused_with_file_key_value_and_what_is_allowed(
    project, changes, key, value, allowed
):
    said = refusal(project, **changes)
    assert "defs.yaml" in said
    assert key in said
    assert value in said
    assert allowed in said


def test_a_name_that_an_environment_cannot_serve_is_refused_when_it_loads(project):
    root, folder = project
    renamed = folder.rename(folder.with_name("m" * 40))
    assert "at most 39 characters, as 'staging'" in refusal((root, renamed))


def test_a_canary_in_an_environment_that_is_not_there_is_refused_when_it_loads(project):
    said = refusal(project, serving={"canary": {"environments": ["prodution"]}})
    assert "got 'prodution', expected some of staging, production" in said


def test_a_contract_that_no_row_can_be_judged_by_is_refused_when_it_loads(project):
    place = project[1] / "contract.py"
    place.write_text(
        place.read_text().replace("coerce = True", 'coerce = True\n        unique = ["age"]')
    )
    assert "diabetes/contract.py: 'unique': got ['age'], expected `id`" in refusal(project)
