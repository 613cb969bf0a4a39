"""What no decision may ever be, whatever the facts: the rules behind the rules."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from gitops.conditions import Blocked, Reason, Verdict
from gitops.holds import Hold
from gitops.known import Act, Desired, Earlier, Facts
from gitops.manifest import serve_application
from gitops.plan import plan
from gitops.record import DeploymentRecord
from gitops.runtime import LiveModel, ObservedApplication
from tests.support.releases import digest, manifest

WANTED = manifest("a")
REVISIONS = st.sampled_from([None, "r1", "r2"])
STATUSES = st.sampled_from(["RUNNING", "DEPLOYING", "DEPLOY_FAILED", "UNHEALTHY", "DELETING"])
CONFIGS = st.sampled_from([None, {}, serve_application(WANTED)])

desired = st.builds(
    Desired,
    environment=st.just("staging"),
    model=st.just("fraud"),
    revision=st.sampled_from(["", "r1", "r2"]),
    manifest=st.sampled_from([None, WANTED]),
    restores=st.booleans(),
    invalid=st.sampled_from(["", "", "", "no good"]),
)
records = st.builds(
    DeploymentRecord,
    environment=st.just("staging"),
    model=st.just("fraud"),
    attempted=REVISIONS,
    applied=REVISIONS,
    healthy=REVISIONS,
    failed=REVISIONS,
    verdicts=st.sampled_from([(), (Verdict("golden", False, "score", 1.0, 2.0),)]),
)
FACTS = st.builds(
    Facts,
    desired=desired,
    record=records,
    observed=st.none()
    | st.builds(ObservedApplication, st.just("staging-fraud"), STATUSES, config=CONFIGS),
    live=st.none()
    | st.builds(LiveModel, st.booleans(), st.sampled_from([digest("a"), digest("b")])),
    hold=st.sampled_from([None, Hold(digest("a"), "smells", "t1", "ann")]),
    earlier=st.lists(
        st.builds(Earlier, st.just("test"), st.booleans(), st.booleans()), max_size=2
    ).map(tuple),
    verifiable=st.booleans(),
)


def is_new(facts):
    """Is the desired revision one that was never attempted?"""
    record, revision = facts.record, facts.desired.revision
    seen = (record.healthy, record.failed)
    return revision not in seen and not record.under_way(revision)


@given(FACTS)
def test_a_plan_acts_or_ends_and_never_both(facts):
    decided = plan(facts)
    assert bool(decided.acts) != (decided.outcome is not None)


@given(FACTS)
def test_equal_facts_give_an_equal_plan(facts):
    assert plan(facts) == plan(replace(facts))


@given(FACTS)
def test_what_cannot_be_read_is_touched_by_nothing(facts):
    unreadable = replace(facts, desired=replace(facts.desired, invalid="no good"))
    assert plan(unreadable).outcome == Blocked(Reason.INVALID, "no good")


@given(FACTS)
def test_only_a_verified_revision_is_called_healthy(facts):
    acts = plan(facts).acts
    assert (Act.VERIFY in acts) == (Act.RECORD_HEALTHY in acts)
    if Act.VERIFY in acts:
        assert facts.verifiable
        assert acts[-3:] == (Act.AWAIT_READY, Act.VERIFY, Act.RECORD_HEALTHY)


@given(FACTS)
def test_a_new_revision_is_on_record_before_it_is_applied(facts):
    acts = plan(facts).acts
    if Act.APPLY in acts and is_new(facts):
        assert acts[:2] == (Act.RECORD_ATTEMPT, Act.APPLY)


@given(FACTS)
def test_a_held_digest_is_never_begun_with_unless_it_restores(facts):
    if facts.hold and Act.RECORD_ATTEMPT in plan(facts).acts:
        assert facts.desired.restores


@given(FACTS)
def test_no_environment_runs_ahead_of_an_earlier_one_unless_it_restores(facts):
    waiting = any(one.held or not one.proven for one in facts.earlier)
    if waiting and Act.RECORD_ATTEMPT in plan(facts).acts:
        assert facts.desired.restores


@given(FACTS)
def test_only_a_failed_release_is_reverted_and_a_restoration_never(facts):
    if Act.REVERT in plan(facts).acts:
        assert facts.record.failed == facts.desired.revision
        assert not facts.desired.restores


@given(FACTS)
def test_an_application_is_removed_only_where_git_names_none_and_we_put_it(facts):
    if Act.REMOVE in plan(facts).acts:
        assert facts.desired.manifest is None
        assert facts.record.attempted is not None


@given(FACTS)
def test_healthy_is_said_only_of_what_answers_with_the_named_digest(facts):
    outcome = plan(facts).outcome
    if outcome and outcome.reason in (Reason.HEALTHY, Reason.HEALED):
        assert facts.live is not None
        assert (facts.live.ready, facts.live.digest) == (True, WANTED.bundle_digest)
        assert facts.observed is not None
        assert facts.observed.status == "RUNNING"
