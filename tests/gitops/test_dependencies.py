import pytest

from gitops.conditions import Reason, RetryAfter
from gitops.dependencies import cycle
from gitops.errors import ManifestInvalid
from gitops.manifest import parse, render
from gitops.validate import files_of_revision, problems
from tests.support.releases import bring, digest, manifest


def test_a_model_waits_until_those_it_depends_on_are_healthy(at):
    at.bring("a", depends_on=("names",))
    outcome = at.reconciler.reconcile("staging", "fraud").outcome
    assert isinstance(outcome, RetryAfter)
    assert (outcome.reason, at.serve.puts) == (Reason.AWAITING_DEPENDENCY, [])
    assert "names not healthy in staging yet" in outcome.message
    bring(at.forge, manifest("b", model="names"))
    at.reconciler.reconcile("staging", "names")
    assert at.reconciler.reconcile("staging", "fraud").outcome.reason == Reason.HEALTHY


def test_what_is_live_stays_when_what_it_depends_on_changes(at):
    bring(at.forge, manifest("b", model="names"))
    at.reconciler.reconcile("staging", "names")
    at.staging("a", depends_on=("names",))
    bring(at.forge, manifest("c", model="names"))
    assert at.reconciler.reconcile("staging", "fraud").outcome.reason == Reason.HEALTHY
    assert at.serve.digest("staging-fraud") == digest("a")


def test_models_that_wait_for_each_other_in_a_ring_are_refused(at):
    at.bring("a", depends_on=("names",))
    bring(at.forge, manifest("b", model="names", depends_on=("fraud",)))
    found = problems(files_of_revision(at.forge, at.forge.head()))
    assert len(found) == 2
    assert any("got 'fraud -> names -> fraud'" in problem for problem in found)
    outcome = at.reconciler.reconcile("staging", "fraud").outcome
    assert outcome.reason == Reason.INVALID
    assert "fraud -> names -> fraud" in outcome.message


def test_dependencies_survive_the_manifest():
    wanted = manifest(depends_on=("names", "shops"))
    assert parse(render(wanted), wanted.path) == wanted
    assert "depends-on" not in render(manifest())


@pytest.mark.parametrize("names", [("fraud",), ("b", "a"), ("a", "a"), ("A",), ("",)])
def test_dependencies_that_cannot_be_are_refused(names):
    with pytest.raises(ManifestInvalid, match="depends_on: got"):
        manifest(depends_on=names)


@pytest.mark.parametrize(
    ("graph", "ring"),
    [
        ({"a": ["b"], "b": ["c"]}, ()),
        ({"a": ["b", "c"], "b": ["d"], "c": ["d"]}, ()),
        ({"a": ["b"], "b": ["c"], "c": ["a"]}, ("a", "b", "c", "a")),
        ({"a": ["b"], "b": ["c"], "c": ["b"]}, ()),
    ],
)
def test_a_ring_is_found_where_it_comes_back(graph, ring):
    assert cycle("a", lambda model: graph.get(model, [])) == ring
