import pytest

from gitops.errors import PolicyInvalid
from gitops.policy import POLICY_PATH, load_policy, parse_policy
from tests.support.releases import POLICY


def test_the_policy_of_this_repository_goes_from_staging_to_production():
    policy = parse_policy(POLICY)
    assert policy.names == ["staging", "production"]
    assert policy.environment("staging").approval == "auto"
    assert policy.environment("production").approval == "review"
    assert policy.environment("production").requires == ["staging"]


def environments(*entries: str) -> str:
    return "environments:\n" + "".join(f"  - {{{entry}}}\n" for entry in entries)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "valid dictionary"),
        ("environments: []", "at least 1 item"),
        (environments("name: a, approval: never"), "environments.0.approval: got 'never'"),
        (environments("name: a"), "environments.0.approval"),
        (environments("name: A, approval: auto"), "environments.0.name: got 'A'"),
        (environments("name: a, approval: auto, gate: x"), "environments.0.gate"),
        (environments("name: a, approval: auto", "name: a, approval: auto"), "stands there twice"),
        (environments("name: a, approval: auto", "name: a-b, approval: auto"), "one application"),
        (environments("name: a, approval: auto, requires: [b]"), "'b', which is no earlier"),
        (environments("name: a, approval: auto, requires: [a]"), "'a', which is no earlier"),
        ("environments: &x []", "anchor"),
        (environments("name: lease, approval: auto"), "git's refs need that name"),
        (environments("name: champion, approval: auto"), "'champion': an alias of production"),
        (environments("name: a, approval: auto, reconcile: {every: 3}"), "reconcile.every"),
        (environments("name: a, approval: auto, reconcile: {self_heal: false}"), "self_heal"),
        (
            environments("name: a, approval: auto, reconcile: {interval: 5, retry_interval: 6}"),
            "retry_interval 6 is above interval 5",
        ),
        (
            environments(
                "name: a, approval: auto, freeze: [{weekdays: [fri], from: 22:00, reason: x}]"
            ),
            "from: got 1320, expected .*HH:MM in quotes",
        ),
        (environments("name: a, approval: auto, soak: {b: 2h}"), "'b', which is not in requires"),
        (
            environments(
                "name: a, approval: auto", "name: b, approval: auto, requires: [a], soak: {a: 2}"
            ),
            "e.g. 2h",
        ),
        (environments("name: a, approval: auto, approvers: {names: [ann]}"), "nothing to approve"),
        (environments("name: a, approval: review, approvers: {names: []}"), "at least 1 item"),
        (environments("name: a, approval: review, approvers: {names: ['@x']}"), "names.0"),
        (
            environments("name: a, approval: review, approvers: {names: [ann, ann], count: 2}"),
            "2 of 1 people can never",
        ),
    ],
)
def test_a_policy_that_contradicts_itself_is_refused_by_key(text, message):
    with pytest.raises(PolicyInvalid, match=message):
        parse_policy(text)


def test_an_environment_is_mended_and_pruned_unless_its_policy_says_otherwise():
    pace = parse_policy(POLICY).environment("staging").reconcile
    assert (pace.self_heal, pace.prune, pace.timeout) == (True, True, None)
    said = "reconcile: {self_heal: report, prune: false, interval: 300, timeout: 20}"
    told = parse_policy(environments(f"name: a, approval: auto, {said}")).environment("a").reconcile
    assert (told.self_heal, told.prune, told.interval) == ("report", False, 300.0)


def test_an_unknown_environment_is_named_with_those_there_are():
    with pytest.raises(PolicyInvalid, match="got 'canary', expected one of staging, production"):
        parse_policy(POLICY).environment("canary")


@pytest.mark.parametrize("model", ["staging", "staging-fraud", "production"])
def test_a_model_named_like_an_environment_is_refused(model):
    with pytest.raises(PolicyInvalid, match=f"got '{model}'"):
        parse_policy(POLICY).admit(model)


def test_a_name_that_is_too_long_with_an_environment_is_refused_for_a_new_model():
    policy = parse_policy(environments("name: europe, approval: auto"))
    policy.require_name("m" * 40)
    with pytest.raises(PolicyInvalid, match="at most 40 characters, as 'europe' goes before it"):
        policy.require_name("m" * 41)
    with pytest.raises(PolicyInvalid, match="at most 41 of a-z"):
        policy.require_name("m" * 42)


def test_a_model_that_only_resembles_an_environment_is_admitted():
    parse_policy(POLICY).admit("stagingfraud")


def test_a_repository_without_a_policy_is_refused(forge):
    head = forge.commit(forge.head(), {POLICY_PATH: None}, "Remove")
    with pytest.raises(PolicyInvalid, match="got None, expected a file"):
        load_policy(forge, head)
