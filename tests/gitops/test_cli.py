"""`python -m gitops`, as a person or a workflow calls it."""

import json
from pathlib import Path

import pytest

from gitops.__main__ import main
from gitops.holds import hold
from gitops.manifest import evidence_path, manifest_path, render
from gitops.policy import POLICY_PATH
from tests.support.releases import CHECKOUT, POLICY, digest, evidence, manifest

STAGING = ("staging", "fraud")
PATH = manifest_path(*STAGING)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for what the command keeps of its own."""
    monkeypatch.setenv("SLIPWAY_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with one good release."""
    files = {
        POLICY_PATH: POLICY,
        PATH: render(manifest()),
        evidence_path("staging", "fraud"): evidence(manifest()).to_json(),
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


def addresses(at) -> list[str]:
    serve = ["--api", at.serve.api, "--endpoint", at.serve.endpoint]
    return ["--repository", str(at.forge.path), *serve, "--timeout", "30"]


def test_this_repository_is_valid(capsys):
    assert main(["validate", str(CHECKOUT)]) == 0
    assert "0 problems" in capsys.readouterr().out


def test_a_good_checkout_is_valid(checkout):
    assert main(["validate", str(checkout)]) == 0


def test_each_file_that_cannot_be_used_is_named(checkout, capsys):
    (checkout / PATH).write_text(render(manifest()).replace("serving.app:build", "os:system"))
    stranger = checkout / manifest_path("canary", "fraud")
    stranger.parent.mkdir()
    stranger.write_text(render(manifest(environment="canary")))
    assert main(["validate", str(checkout)]) == 1
    said = capsys.readouterr().out
    assert "import_path: got 'os:system', expected 'serving.app:build'" in said
    assert "got 'canary', expected one of staging, production" in said
    assert "2 problems" in said


@pytest.mark.parametrize(
    ("path", "text", "message"),
    [
        ("gitops/holds/staging/fraud.yaml", "held: 3\n", "held: got 3"),
        ("gitops/holds/production/gone.yaml", "held: 3\n", "held: got 3"),
        ("gitops/evidence/production/gone.json", "{}", "expected a JSON object"),
        ("gitops/environments/staging/fraud.yml", "", "expected <environment>/<model>.yaml"),
        ("gitops/environments/staging/eu/fraud.yaml", "", "expected <environment>/<model>.yaml"),
    ],
)
def test_a_file_beside_the_manifests_is_checked_too(checkout, capsys, path, text, message):
    (checkout / path).parent.mkdir(parents=True, exist_ok=True)
    (checkout / path).write_text(text)
    assert main(["validate", str(checkout)]) == 1
    said = capsys.readouterr().out
    assert f"{path}: " in said
    assert message in said
    assert "1 problems" in said


def test_evidence_of_another_bundle_is_a_problem(checkout, capsys):
    other = evidence(manifest("b")).to_json()
    (checkout / evidence_path("staging", "fraud")).write_text(other)
    assert main(["validate", str(checkout)]) == 1
    assert "bundle_digest: got 'sha256:bbb" in capsys.readouterr().out


def test_evidence_in_the_wrong_place_is_a_problem(checkout, capsys):
    stray = evidence(manifest(model="other")).to_json()
    (checkout / evidence_path("staging", "fraud")).write_text(stray)
    assert main(["validate", str(checkout)]) == 1
    assert "expected the path of this file" in capsys.readouterr().out


def test_a_checkout_without_a_policy_is_a_problem(checkout, capsys):
    (checkout / POLICY_PATH).unlink()
    assert main(["validate", str(checkout)]) == 1
    assert "policy.yaml: got None, expected a file" in capsys.readouterr().out


def test_a_repository_is_validated_at_its_head_or_any_revision(at, capsys):
    at.bring("a")
    good = at.forge.head()
    hold(at.forge, "staging", "fraud", digest("a"), "smells", "ann")
    assert main(["validate", "--repository", str(at.forge.path)]) == 1
    assert "expected not held: smells" in capsys.readouterr().out
    assert main(["validate", "--repository", str(at.forge.path), "--revision", good]) == 0


def test_plan_says_what_would_be_done_and_does_nothing(at, capsys):
    at.bring("a")
    assert main(["plan", *addresses(at)]) == 3
    assert (
        "staging/fraud: nothing -> aaaaaaaaaaaa, would record-attempt, apply"
        in capsys.readouterr().out
    )
    assert at.serve.puts == []


def test_a_plan_says_what_it_replaces_as_text_json_and_a_table(at, capsys):
    at.staging("a")
    at.bring("b")
    main(["plan", *addresses(at)])
    assert "staging/fraud: aaaaaaaaaaaa -> bbbbbbbbbbbb, would" in capsys.readouterr().out
    main(["plan", *addresses(at), "--json"])
    (told,) = json.loads(capsys.readouterr().out)
    assert (told["before"], told["after"]) == (digest("a"), digest("b"))
    assert told["acts"][0] == "record-attempt"
    main(["plan", *addresses(at), "--markdown"])
    assert "| environment | model | live | in git | plan |" in capsys.readouterr().out


def test_status_tells_the_conditions_from_the_records(at, capsys):
    at.staging("a")
    at.serve.outage = True
    assert main(["status", "--repository", str(at.forge.path)]) == 0
    assert "staging/fraud: Ready=True, Reconciling=False" in capsys.readouterr().out
    assert main(["status", "--repository", str(at.forge.path), "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert told["conditions"][3]["type"] == "Healthy"
    assert told["conditions"][3]["observedRevision"] == at.forge.read_record(*STAGING).healthy


def test_a_dry_run_is_a_plan(at, capsys):
    at.bring("a")
    assert main(["reconcile", "--dry-run", *addresses(at)]) == 3
    assert "would record-attempt" in capsys.readouterr().out
    assert at.serve.puts == []


def test_reconcile_applies_and_leaves_the_verdict_to_others(at, capsys):
    at.bring("a")
    assert main(["reconcile", *addresses(at)]) == 3
    assert "staging/fraud: retry-after (AwaitingVerification)" in capsys.readouterr().out
    assert at.serve.digest("staging-fraud") == digest("a")


def test_reconcile_tells_of_a_change_and_of_nothing_else(at, home, capsys):
    at.bring("a")
    for _ in range(2):
        main(["reconcile", *addresses(at)])
    (notice,) = (home / "notices.jsonl").read_text().splitlines()
    assert json.loads(notice)["after"] == "AwaitingVerification"


def test_an_address_that_nobody_can_be_told_at_is_refused(at, monkeypatch, capsys):
    monkeypatch.setenv("SLIPWAY_NOTIFY_URLS", "nonsense://secret")
    assert main(["reconcile", *addresses(at)]) == 1
    said = capsys.readouterr().err
    assert "address 1 is none that apprise knows" in said
    assert "secret" not in said


def test_a_watch_of_what_is_no_repository_ends_at_once(tmp_path, capsys):
    assert main(["reconcile", "--watch", "--repository", str(tmp_path)]) == 1
    assert "is no GitOps repository" in capsys.readouterr().err


def test_reconcile_is_done_when_everything_is_settled(at, capsys):
    at.staging("a")
    assert main(["reconcile", *addresses(at)]) == 0
    assert "staging/fraud: settled (Healthy): version 1" in capsys.readouterr().out


def test_what_needs_a_person_is_a_failure(at, capsys):
    at.staging("a")
    at.bring("b")
    hold(at.forge, "staging", "fraud", digest("b"), "smells", "ann")
    assert main(["reconcile", *addresses(at)]) == 1
    assert "blocked (Held)" in capsys.readouterr().out


def test_only_the_chosen_targets_are_touched(at, capsys):
    at.staging("a")
    at.approve("a")
    assert main(["plan", *addresses(at), "--environment", "staging"]) == 0
    assert main(["plan", *addresses(at), "--model", "other"]) == 0
    assert "production" not in capsys.readouterr().out


def test_a_running_system_that_cannot_be_asked_is_not_settled(at, capsys):
    at.staging("a")
    at.serve.outage = True
    assert main(["plan", *addresses(at)]) == 3
    assert "RuntimeUnavailable" in capsys.readouterr().out


def test_a_repository_that_is_none_is_one_sentence(tmp_path, capsys):
    assert main(["plan", "--repository", str(tmp_path)]) == 1
    said = capsys.readouterr()
    assert "is no GitOps repository" in said.err
    assert said.out == ""


@pytest.mark.parametrize(
    "arguments",
    [[], ["deploy"], ["plan"], ["reconcile", "--now"], ["reconcile", "--interval", "0.5"]],
)
def test_wrong_use_ends_with_2(arguments, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert "usage: python -m gitops" in capsys.readouterr().err


def test_help_documents_the_exit_codes(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    said = capsys.readouterr().out
    assert all(f"\n  {code}  " in said for code in (0, 1, 2, 3))
