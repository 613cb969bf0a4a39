"""A new model's folder on disk: all of it or nothing."""

import importlib.util
import re
import tempfile
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import yaml

from gitops.errors import PolicyInvalid
from gitops.policy import Policy
from platform_assets.errors import NotScaffolded, SpecError
from platform_assets.scaffold.contract_text import contract_text, quiet
from platform_assets.scaffold.estimator_text import estimator_text
from platform_assets.scaffold.plan import Plan, Request, decide
from platform_assets.scaffold.sample import read_sample
from platform_assets.scaffold.spec_text import spec_text
from platform_assets.spec import ModelSpec

if TYPE_CHECKING:
    from platform_assets.folder import ModelFolder

NAME = re.compile("[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST = 40


def begin(request: Request, defs: Path, policy: Policy) -> Plan:
    """Read a sample, choose a model and write its folder into `defs`; returns what was chosen.

    Every environment of the `policy` must be able to serve it.

    Raises
    ------
    NotScaffolded
        In one sentence; nothing was written.
    """
    check_name(request.name, defs)
    try:
        policy.require_name(request.name)
    except PolicyInvalid as error:
        problem = f"is no name for a model here ({error})"
        raise NotScaffolded(repr(request.name), problem, "choose another") from error
    plan = decide(request, read_sample(request.file, request.target))
    write_folder(plan, defs)
    return plan


def check_name(name: str, defs: Path) -> None:
    """Refuse a name that no model may have, or that another has."""
    if not NAME.fullmatch(name) or len(name) > _LONGEST:
        problem = f"is no name for a model; expected {NAME.pattern}, at most {_LONGEST} characters"
        raise NotScaffolded(repr(name), problem, "for example: churn, house-prices")
    if (defs / name).exists() and any((defs / name).iterdir()):
        advice = "choose another name, or remove that folder first"
        raise NotScaffolded(defs / name, "exists already, and nothing was written", advice)


def files(plan: Plan) -> dict[str, str]:
    """The files of the folder by name."""
    return {
        "__init__.py": f'"""{plan.name}, begun from {quiet(plan.sample.file)}."""\n',
        "defs.yaml": spec_text(plan),
        "contract.py": contract_text(plan),
        "estimator.py": estimator_text(plan),
    }


def write_folder(plan: Plan, defs: Path) -> Path:
    """Write the folder beside `defs`, load it as the code server will, and move it there.

    Raises
    ------
    NotScaffolded
        If it exists, or does not load; nothing is left behind.
    """
    check_name(plan.name, defs)
    defs.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".new-", dir=defs.parent) as place:
        folder = Path(place) / plan.name
        folder.mkdir()
        for name, text in files(plan).items():
            (folder / name).write_text(text, encoding="utf-8")
        _load(folder)
        try:
            return folder.rename(defs / plan.name)
        except OSError as error:
            problem = f"cannot be written ({error.strerror})"
            raise NotScaffolded(defs / plan.name, problem, "look at the folder") from error


def load(folder: Path) -> "ModelFolder":
    """A model's folder, wherever it lies, loaded and checked as Dagster does it."""
    from platform_assets.folder import load_folder

    document = yaml.safe_load((folder / "defs.yaml").read_text(encoding="utf-8"))
    spec = ModelSpec.model_validate(document["attributes"])
    return load_folder(folder, spec, lambda name: _module(folder, name))


def _load(folder: Path) -> None:
    try:
        load(folder)
    except (SpecError, ValueError, SyntaxError, TypeError, yaml.YAMLError) as error:
        problem = f"the folder written does not load ({_one_line(error)})"
        advice = "please report it with the first lines of the file; nothing was left behind"
        raise NotScaffolded(folder.name, problem, advice) from error


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _module(folder: Path, name: str) -> ModuleType:
    place = folder / f"{name}.py"
    found = importlib.util.spec_from_file_location(f"{folder.name}_{name}", place)
    if found is None or found.loader is None:
        raise SpecError(f"{place}: cannot be imported")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module
