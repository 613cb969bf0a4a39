"""The documentation says what the code says: every name a user meets stands in it."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
import typer.main
from pydantic import BaseModel

from gitops.__main__ import _parser
from gitops.conditions import SENTENCES, Reason
from gitops.forge import Promotion
from gitops.known import Act
from gitops.pace import Pace
from platform_assets.cli.main import app
from platform_assets.definitions import defs
from platform_assets.ml.metrics import metric_names
from platform_assets.release.stages import DEFAULT
from platform_assets.spec import ModelSpec, Task
from resources.settings import CHECKOUT, Settings
from serving.errors import BundleError
from serving.settings import ServingSettings

PAGES = [CHECKOUT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
PAGES += sorted((CHECKOUT / "docs").rglob("*.md"))
REFERENCE = (CHECKOUT / "docs" / "reference.md").read_text()
OPERATING = (CHECKOUT / "docs" / "operating.md").read_text()
SETTINGS = [
    (f"SLIPWAY_{name.upper()}", field)
    for kind in (Settings, ServingSettings)
    for name, field in kind.model_fields.items()
]


def row(text: str, name: str) -> str:
    """The line of a table whose first cell names `name`."""
    found = [line for line in text.splitlines() if re.match(rf"\| [^|]*`{re.escape(name)}`", line)]
    assert found, f"no row of a table begins with `{name}`"
    return found[0]


CODE = {
    word
    for line in REFERENCE.splitlines()
    for span in re.findall(r"`([^`]+)`", line)
    for word in re.findall(r"[\w-]+", span)
}


@pytest.mark.parametrize(("variable", "field"), SETTINGS, ids=[name for name, _ in SETTINGS])
def test_every_setting_is_in_the_reference_with_its_default_and_sentence(variable, field):
    line = row(REFERENCE, variable).replace("`", "")
    if type(field.default) in (int, float):
        assert f"| {round(field.default)} |" in line
    assert field.description.partition("; ")[0].rstrip(".") in line


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_code_is_explained_and_has_a_way_out(reason):
    assert SENTENCES[reason] in row(REFERENCE, reason)
    assert len(row(OPERATING, reason)) > len(f"| `{reason}` |  |")


@pytest.mark.parametrize("refusal", [one.__name__ for one in BundleError.__subclasses__()])
def test_every_refusal_of_a_bundle_is_explained_and_has_a_way_out(refusal):
    assert all(cell.strip() for cell in row(OPERATING, refusal).split("|")[1:-1])


@pytest.mark.parametrize("act", Act)
def test_every_act_of_a_pass_is_in_the_reference(act):
    assert f"`{act}`" in REFERENCE


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """Everything that Dagster loads, with its state in a folder of its own."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SLIPWAY_HOME", str(tmp_path_factory.mktemp("home")))
        return defs().get_repository_def()


def test_every_asset_is_in_the_reference(repository):
    names = {key.path[-1] for key in repository.asset_graph.get_all_asset_keys()}
    assert len(names) > 10
    assert all(row(REFERENCE, name) for name in names)


def test_every_check_is_in_the_reference(repository):
    names = {key.name for key in repository.asset_graph.asset_check_keys}
    assert len(names) > 10
    assert sorted(names - CODE) == []


def test_every_job_sensor_and_schedule_is_in_the_reference(repository):
    models = {key.path[0] for key in repository.asset_graph.get_all_asset_keys()}
    names = [job.name for job in repository.get_all_jobs() if not job.name.startswith("__")]
    names += [one.name for one in (*repository.sensor_defs, *repository.schedule_defs)]
    patterns = {re.sub(f"^({'|'.join(models)})_", "<model>_", name) for name in names}
    assert len(patterns) == 23 + len(DEFAULT)
    assert [name for name in sorted(patterns) if f"`{name}`" not in REFERENCE] == []


def commands(command: Any, path: str) -> Iterator[tuple[str, list[str]]]:
    """Each command in full with its long options."""
    if getattr(command, "commands", None):
        for name, inner in command.commands.items():
            yield from commands(inner, f"{path} {name}")
    else:
        options = [one for given in command.params for one in given.opts if one.startswith("--")]
        yield path, [option for option in options if option != "--help"]


SLIPWAY = dict(commands(typer.main.get_command(app), "slipway"))
GITOPS = {
    f"python -m gitops {name}": [
        one
        for action in parser._actions
        for one in action.option_strings
        if one.startswith("--") and one != "--help"
    ]
    for action in _parser()._actions
    for name, parser in (action.choices.items() if isinstance(action.choices, dict) else ())
}


@pytest.mark.parametrize("command", SLIPWAY)
def test_every_command_is_in_the_reference_with_each_of_its_options(command):
    lines = [line for line in REFERENCE.splitlines() if line.startswith(f"| `{command}")]
    lines = [line for line in lines if re.match(rf"\| `{command}[ `]", line)]
    assert len(lines) == 1, f"`{command}` has {len(lines)} rows"
    missing = [option for option in SLIPWAY[command] if f"`{option}`" not in lines[0]]
    assert missing == []


@pytest.mark.parametrize("command", GITOPS)
def test_every_verb_of_gitops_is_in_the_reference_with_its_options(command):
    assert f"| `{command}" in REFERENCE
    assert [option for option in GITOPS[command] if f"`{option}`" not in REFERENCE] == []


def keys(model: type[BaseModel], path: str = "") -> Iterator[str]:
    """Each key of `defs.yaml`, dotted; a list of sections is `key[]`."""
    for name, field in model.model_fields.items():
        inner = list(sections(field.annotation))
        mark = "[]" if get_origin(field.annotation) is list else ""
        for section in inner:
            yield from keys(section, f"{path}{name}{mark}.")
        if not inner:
            yield f"{path}{name}"


def sections(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from sections(part)


@pytest.mark.parametrize("key", sorted(set(keys(ModelSpec))))
def test_every_key_of_defs_yaml_is_in_the_reference(key):
    assert row(REFERENCE, key)


@pytest.mark.parametrize("key", Pace.model_fields)
def test_every_key_of_how_an_environment_is_reconciled_is_in_the_reference(key):
    description = Pace.model_fields[key].description.rstrip(".").replace("`", "")
    lines = [line for line in REFERENCE.splitlines() if line.startswith(f"| `{key}` |")]
    assert [line for line in lines if description in line.replace("`", "")]


@pytest.mark.parametrize("task", get_args(Task))
def test_every_metric_is_in_the_reference_under_its_task(task):
    lines = [line for line in REFERENCE.splitlines() if line.startswith(f"| {task} | ")]
    assert [line.split("`")[1] for line in lines] == list(metric_names(task))


def test_every_state_of_a_promotion_is_in_the_reference():
    states = get_args(Promotion.__dataclass_fields__["state"].type)
    assert [state for state in states if state not in REFERENCE] == []


@cache
def anchors(page: Path) -> set[str]:
    """The headings of a page as GitHub names them."""
    titles = re.findall(r"^#+ (.*)$", without_code(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def without_code(page: Path) -> str:
    return re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page):
    links = re.findall(r"\]\(([^)\s]+)\)", without_code(page))
    broken = []
    for link in links:
        if link.startswith(("https://", "http://")):
            continue
        place, _, anchor = link.partition("#")
        target = (page.parent / place).resolve() if place else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def told_commands(page: Path) -> Iterator[str]:
    """Lines of shell blocks and inline code that begin with a command of ours."""
    text = page.read_text()
    for block in re.findall(r"^```(?:sh|console|bash)\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        yield from (line for line in block.splitlines() if line.strip())
    yield from re.findall(r"`([^`\n]+)`", without_code(page))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_name_only_commands_and_options_that_exist(page):
    assert [line for line in told_commands(page) if not exists(line)] == []


def exists(line: str) -> bool:
    """Is there such a command, with each option that is said? True for what is none of ours."""
    said = re.sub(r"^(?:SLIPWAY_\w+=\S+ +)+", "", line).removeprefix(".venv/bin/")
    words = said.partition(" #")[0].split()
    if words[0] == "make":
        return set(words[1:]) <= make_targets()
    if words[0] != "slipway" and words[:3] != ["python", "-m", "gitops"]:
        return True
    known = {**SLIPWAY, **GITOPS}
    size = next((n for n in range(len(words), 0, -1) if " ".join(words[:n]) in known), 0)
    options = {word.partition("=")[0] for word in words[size:] if word.startswith("--")}
    if size == 0:
        return words in (["slipway"], ["python", "-m", "gitops"])
    return options <= {*known[" ".join(words[:size])], "--help"}


@cache
def make_targets() -> set[str]:
    named = re.findall(r"^([a-z0-9][a-z0-9-]*):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE)
    benchmarks = CHECKOUT / "benchmarks"
    programs = [file.stem for file in benchmarks.glob("*.py")]
    programs += [file.parent.name for file in benchmarks.glob("*/__main__.py")]
    return {*named, *(f"bench-{name}" for name in programs)}


@pytest.mark.parametrize(
    ("line", "there"),
    [
        ("slipway up --detach", True),
        ("SLIPWAY_DAGSTER_PORT=3001 slipway up -d  # elsewhere", True),
        ("slipway promotions show 1", True),
        ("slipway launch", False),
        ("slipway up --loudly", False),
        ("make check   # all", True),
        ("make tea", False),
    ],
)
def test_a_command_that_is_not_there_is_noticed(line, there):
    assert exists(line) is there
