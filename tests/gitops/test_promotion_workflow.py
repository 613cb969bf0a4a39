"""The workflow's own scripts, run in a clone as GitHub makes it, with no more than it installs."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from gitops.policy import POLICY_PATH
from tests.gitops.test_check_promotion import papers
from tests.support.git_host import run
from tests.support.releases import CHECKOUT
from tests.support.signers import WANTED

STEPS = yaml.safe_load((CHECKOUT / ".github/workflows/promotion.yml").read_text())["jobs"]["check"][
    "steps"
]
# Refuses every import of a package that is installed here and not by the workflow.
LEAN = """
import importlib.metadata as found, re, runpy, sys
def plain(name): return re.sub(r"[-_.]+", "-", name).lower()
locked = {plain(one) for one in re.findall(r"^([\\w.-]+)==", open(sys.argv[1]).read(), re.M)}
owners = found.packages_distributions()
class Absent:
    def find_spec(self, name, path=None, target=None):
        given = {plain(one) for one in owners.get(name, ())} - {"slipway", "setuptools"}
        if given and not given & locked:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent())
sys.argv = ["gitops", *sys.argv[2:]]
runpy.run_module("gitops", run_name="__main__")
"""


@dataclass
class Job:
    """A job of the workflow on a pull request; `folder` is where it works."""

    folder: Path
    variables: dict[str, str]

    def step(self, name: str) -> subprocess.CompletedProcess[str]:
        """Run a step as GitHub does, with `python` as lean as there."""
        lean = f'{sys.executable} "$LEAN" {CHECKOUT}/requirements-gitops.lock'
        script = next(one["run"] for one in STEPS if one.get("name") == name)
        script = script.replace("python -m gitops", lean)
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=self.folder,
            env=os.environ | {"PYTHONPATH": str(CHECKOUT)} | self.variables,
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def comment(self) -> str:
        return (self.folder / "comment.md").read_text()


@pytest.fixture
def job(at, tmp_path):
    """Makes the job of a pull request: a clone at the base, with what was proposed beside it."""

    def made(head: str, signed: str = "valid") -> Job:
        base, folder = at.forge.head(), tmp_path / "clone"
        tree = at.forge._git.text("rev-parse", f"{head}^{{tree}}")
        merged = at.forge._git.commit_tree(tree, [base, head], "Merge")
        (tmp_path / "lean.py").write_text(LEAN)
        run("clone", "--quiet", str(at.forge.path), str(folder))
        run("checkout", "--quiet", "--detach", base, cwd=folder)
        run("branch", "--quiet", "--delete", "--force", "main", cwd=folder)
        run(
            "fetch", "--quiet", "origin", head, merged, "+refs/slipway/*:refs/slipway/*", cwd=folder
        )
        variables = {"BASE": base, "HEAD": head, "MERGED": merged, "AUTHOR": "slipway[bot]"}
        variables["SIGNED"] = signed
        files = {name: str(tmp_path / name) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        return Job(folder, variables | files | {"LEAN": str(tmp_path / "lean.py")})

    return made


def test_the_page_of_a_promotion_gets_the_check_and_the_plan(at, job):
    at.staging("a")
    of = job(at.bring("a", "production").promotion.commit)
    checked = of.step("Check")
    assert checked.returncode == 0, checked.stderr
    assert of.comment.startswith("<!-- slipway: checked -->\n### Checked: may be merged")
    assert re.search(r"\| production \| fraud \| nothing \| a{12} \| would record", of.comment)
    assert Path(of.variables["GITHUB_STEP_SUMMARY"]).read_text() == of.comment


def test_a_promotion_that_may_not_be_merged_fails_the_job_and_is_told_all_the_same(at, job):
    at.staging("a")
    head = at.bring("a", "production").promotion.commit
    of = job(at.forge._prepare(head, {"serving/app.py": "import os\n"}, "Smuggle"))
    checked = of.step("Check")
    assert checked.returncode == 1
    assert "not to be merged" in of.comment
    assert "serving/app.py: changed beside" in of.comment.replace("\\", "")


@pytest.mark.parametrize(
    ("word", "code", "said"),
    [("valid", 0, "may be merged"), ("unsigned", 1, "is not verified by the git host")],
)
def test_where_signatures_are_wanted_the_word_of_the_host_decides(at, job, word, code, said):
    at.staging("a")
    at.forge.commit(at.forge.head(), {POLICY_PATH: WANTED}, "Want signatures")
    head = at.forge._prepare(at.forge.head(), papers(), "Promote by hand")
    of = job(head, word)
    assert (of.step("Check").returncode, said in of.comment) == (code, True)


@pytest.mark.parametrize(
    ("path", "touched"),
    [
        ("gitops/environments/policy.yaml", "true"),
        ("gitops/holds/staging/fraud.yaml", "true"),
        ("gitops/reconcile.py", "false"),
        ("gitops/errors/files.py", "false"),
        ("serving/app.py", "false"),
    ],
)
def test_only_what_goes_live_is_looked_at(at, job, path, touched):
    of = job(at.forge._prepare(at.forge.head(), {path: "x\n"}, "Change"))
    looked = of.step("Look whether it touches what goes live")
    assert looked.returncode == 0, looked.stderr
    assert Path(of.variables["GITHUB_OUTPUT"]).read_text() == f"touched={touched}\n"


def test_what_the_workflow_installs_is_what_everybody_has():
    pin = re.compile(r"^[\w.-]+==[^ ]+", re.MULTILINE)
    lean, whole = (
        set(pin.findall((CHECKOUT / name).read_text()))
        for name in ("requirements-gitops.lock", "requirements.lock")
    )
    assert lean < whole
