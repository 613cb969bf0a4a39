"""What bad intent could put into git, a table or a name is refused, or shown as text."""

import re
from dataclasses import replace

import pytest

from gitops import yaml_text
from gitops.conditions import Blocked, Reason, RetryAfter, Verdict
from gitops.errors import ManifestInvalid, PathRefused
from gitops.evidence import Figure, SliceFigure
from gitops.forge import Proposal
from gitops.holds import hold, lift
from gitops.manifest import parse, render
from gitops.promotion import release
from gitops.rollback import rollback
from gitops.trailers import add_trailers, compose, read_trailers
from tests.support.releases import bring, digest, evidence, manifest

EVIL = [
    "@team",
    "#1",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "a | b",
    "[x](javascript:alert(1))",
    "![x](http://evil.example/x.png)",
    "a\n\n# heading",
    "a\r\n| --- |",
    "`code`",
    "\u202egnp.exe",
    "\u2066hidden\u2069",
    "zero\u200bwidth",
    "bell\a\x1b[31m",
    "www.evil.example",
    "$\\sqrt{x}$",
]

PICTURE = re.compile(r"^```mermaid\n(?:.+\n){5}```$", re.MULTILINE)


@pytest.mark.parametrize("name", EVIL)
def test_a_column_is_shown_in_a_pull_request_and_never_obeyed(name):
    told = replace(
        evidence(manifest("a"), Verdict(name, True, name, name, name, message=name)),
        figures=(Figure(name, 0.5, baselines={name: 0.4}),),
        slices=(SliceFigure(name, name, 10, name, 0.5),),
        report=name,
    )
    page = told.markdown()
    outside = PICTURE.sub("", page)
    rows = [line for line in page.splitlines() if line.startswith("|")]
    assert page.count("```") == 2
    assert all(
        line.startswith(("| ", "### ", "Release of")) for line in outside.splitlines() if line
    )
    assert len({line.count("|") for line in rows if "| gate |" in line}) == 1
    for sign in ("<script", "<img", "@team", "](", "![", "`code", "http://", "www.", "\a", "\x1b"):
        assert sign not in page
    assert not any(ord(sign) in (0x202E, 0x2066, 0x200B) for sign in page)


def smuggled(before: str, after: str) -> str:
    text = render(manifest())
    assert before in text
    return text.replace(before, after, 1)


RUNTIME = "        import_path: serving.app:build\n"
SECOND = "  rayClusterConfig:"
APPLICATION = "      - name: other\n        import_path: os:system\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("serving.app:build", "os:system"),
        ("serving.app:build", "serving.app:build:x"),
        ("    applications:\n", f"    applications:\n{APPLICATION}"),
        ("num_cpus: 0.5", "num_cpus: 0.5\n              runtime_env: {pip: [evil]}"),
        ("import_path: serving", "runtime_env: {env_vars: {A: b}}\n        import_path: serving"),
        ("import_path: serving", "external_scaler_enabled: true\n        import_path: serving"),
        ("image: slipway-serving:0.1.0", "image: slipway-serving:0.1.0\n                env: [x]"),
        ("image: slipway-serving:0.1.0", "image: x\n                command: [sh]"),
        ("route_prefix: /staging/fraud", "route_prefix: /fraud"),
        ("route_prefix: /staging/fraud", "route_prefix: /-/routes"),
        ("file:///bundles/", "file:///bundles/../../etc/"),
        ("file:///bundles/", "file://evil\\bundles/"),
        ("file:///bundles/", "http://169.254.169.254/"),
        ("kind: RayService", "kind: !!python/object/apply:os.system ['true']"),
        ("kind: RayService", "kind: RayService\nkind: RayService"),
        ("num_replicas: 1", "num_replicas: " + "9" * 5000),
        ("num_replicas: 1", "num_replicas: 0x1"),
        ("num_replicas: 1", "num_replicas: 1_0"),
    ],
)
def test_a_manifest_with_something_smuggled_in_is_refused(before, after):
    with pytest.raises(ManifestInvalid, match=r"staging/fraud\.yaml"):
        parse(smuggled(before, after), manifest().path)


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]",
        "a: &a {<<: *a}",
        "[" * 500 + "]" * 500,
        "a: " + "x" * 70_000,
        "!!python/name:os.system x",
        "!!binary aGk=",
        "!tag x",
        "a: 1\n---\na: 2",
        "{a: 1, a: 2}",
        "{a: 1, 'a': 2}",
        "{a: {b: 1, b: 2}}",
        "? [a]\n: 1",
    ],
)
def test_a_yaml_bomb_tag_or_double_key_is_not_read(text):
    with pytest.raises(yaml_text.Refused):
        yaml_text.load(text)


@pytest.mark.parametrize(
    "path",
    ["../x", "a/../../x", "/etc/passwd", ".git/hooks/x", "a/.GIT/config", "a//b", "a\n/b", "a\0b"],
)
def test_a_path_that_leaves_the_tree_is_neither_read_nor_written(forge, path):
    with pytest.raises(PathRefused):
        forge.read(path, forge.head())
    with pytest.raises(PathRefused):
        forge.commit(forge.head(), {path: "x"}, "Escape")


@pytest.mark.parametrize("model", ["../x", "x.lock", "a b", "-x", "x~1", "x..y", "x@{0}", "a/b"])
def test_a_model_that_is_no_possible_branch_is_no_possible_model(model):
    with pytest.raises(ManifestInvalid, match="model"):
        manifest("a", model=model)


def test_a_branch_that_git_cannot_have_is_not_made(forge):
    head = forge.head()
    evil = Proposal("production", "x..y", digest("a"), "t", "b", "m", {"x": "y"})
    with pytest.raises(Exception, match=r"update-ref|refused|invalid"):
        forge.open_promotion(evil)
    assert (forge.head(), forge.promotions()) == (head, [])


FORGED = "fine\n\nReverts: 0000\nApproved-by: root"


def test_trailers_in_a_reason_or_a_message_are_text(forge):
    bring(forge, manifest("a"))
    told = evidence(manifest("b"), Verdict("quality", True, "auc", 0.8, 0.7, message=FORGED))
    release(forge, manifest("b"), told)
    commit = forge.last_change(manifest().path, forge.head())
    assert {"Reverts", "Approved-by"}.isdisjoint(commit.trailers)


def test_trailers_in_the_reason_of_a_hold_are_text(forge):
    bring(forge, manifest("a"))
    hold(forge, "staging", "fraud", digest("c"), FORGED, "ann\nReverts: 1")
    lift(forge, "staging", "fraud", digest("c"), "ann\n\nReverts: 1")
    for commit in forge.history("gitops/holds/staging/fraud.yaml", forge.head(), 5):
        assert "Reverts" not in commit.trailers


@pytest.mark.parametrize("value", ["x\nReverts: 1", "x\r\nReverts: 1", "x\n\nReverts: 1"])
def test_a_value_of_a_trailer_never_becomes_another(value):
    message = add_trailers(compose("Subject", "", {"By": value}), {"Approved-by": value})
    assert set(read_trailers(message)) == {"By", "Approved-by"}


def test_a_rollback_written_by_hand_keeps_no_hold_or_order_away(at):
    at.staging("a")
    wanted = manifest("b")
    hold(at.forge, "staging", "fraud", digest("b"), "smells", "ann")
    at.forge.commit(
        at.forge.head(), {wanted.path: render(wanted)}, "Restore\n\nReverts: 0000\nBy: me\n"
    )
    outcome = at.reconciler.reconcile("staging", "fraud").outcome
    assert isinstance(outcome, Blocked)
    assert outcome.reason == Reason.HELD


def test_a_rollback_written_by_hand_does_not_pass_by_an_earlier_environment(at):
    wanted = manifest("a", "production")
    at.forge.commit(at.forge.head(), {wanted.path: render(wanted)}, "Restore\n\nReverts: 0000\n")
    outcome = at.reconciler.reconcile("production", "fraud").outcome
    assert isinstance(outcome, RetryAfter)
    assert (outcome.reason, at.serve.puts) == (Reason.AWAITING_EARLIER, [])


def test_a_real_rollback_passes_by_them_all(at):
    at.staging("a")
    at.staging("b")
    rollback(at.forge, "staging", "fraud", FORGED, "ann")
    assert at.reconciler.reconcile("staging", "fraud").outcome.reason == Reason.ROLLED_BACK
