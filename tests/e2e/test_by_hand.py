"""What a person does behind git's back is put right from git, or refused with its reason.

The seconds that each took are printed, for the table in docs/operating.md.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from gitops.conditions import Blocked, Reason
from gitops.holds import lift
from gitops.manifest import manifest_path, render
from tests.support.git_host import run
from tests.support.releases import digest
from tests.support.stack import until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
MODEL = "diabetes"
ENVIRONMENTS = ("staging", "production")
APPLICATIONS = (MODEL, f"staging-{MODEL}")


@contextmanager
def timed(what: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    sys.stdout.write(f"\nby hand: {what}: {time.monotonic() - began:.1f} s\n")


def told(stack) -> dict:
    """What Serve was told of each application, by name; none without it."""
    return {name: one.config for name, one in stack.applications().items() if one.config}


def apply(stack, applications) -> None:
    with stack.runtime() as runtime:
        runtime.apply(list(applications))


def settled_again(stack, declared) -> None:
    until(lambda: told(stack) == declared, "Serve as git says", told=lambda: told(stack))
    until(lambda: stack.served(MODEL), "the endpoints as git says")


def set_main(stack, head: str) -> None:
    """Force main to a commit, so that what it says is what was approved."""
    run(f"--git-dir={stack.forge.path}", "update-ref", "refs/heads/main", head)


def outcome(stack, environment):
    record = stack.forge.read_record(environment, MODEL)
    return record.outcome if record else None


def test_a_live_application_that_was_edited_is_told_again(live):
    declared = told(live)
    edited = {**declared[MODEL], "route_prefix": "/elsewhere"}
    apply(live, [*(c for name, c in declared.items() if name != MODEL), edited])
    with timed("a live application edited"):
        settled_again(live, declared)


def test_an_application_that_was_deleted_comes_back(live):
    declared = told(live)
    apply(live, [one for name, one in declared.items() if name not in APPLICATIONS])
    with timed("two applications deleted"):
        settled_again(live, declared)


def test_an_alias_that_was_rewritten_is_put_right(live):
    champion = live.registry.aliases(MODEL)["champion"]
    live.registry.drop_alias(MODEL, "champion")
    with timed("an alias of MLflow dropped"):
        until(
            lambda: live.registry.aliases(MODEL).get("champion") == champion,
            "the alias again",
            told=lambda: [(outcome(live, name), live.runs(MODEL)) for name in ENVIRONMENTS],
        )


def test_a_manifest_that_names_an_unknown_digest_is_taken_back_and_held(live):
    good = live.desired(MODEL, "staging")
    unknown = replace(
        good, bundle_digest=digest("e"), bundle_uri=live.artifacts.bundle_uri(MODEL, digest("e"))
    )
    bad = live.forge.commit(live.forge.head(), {good.path: render(unknown)}, "By hand\n")
    with timed("a manifest with an unknown digest"):
        until(lambda: live.desired(MODEL, "staging") == good, "the manifest of before")
    commit = live.forge.last_change(good.path, live.forge.head())
    assert commit.trailers["Failed-Revision"] == bad
    assert live.live(MODEL, "staging") == good.bundle_digest
    lift(live.forge, "staging", MODEL, digest("e"), "ann")


def test_a_manifest_that_cannot_be_used_is_refused_with_its_reason(live):
    good = live.desired(MODEL, "staging")
    text = render(good).replace("serving.app:build", "os:system")
    live.forge.commit(live.forge.head(), {good.path: text}, "By hand\n")
    with timed("a manifest with a foreign import path"):
        until(lambda: "'os:system'" in live.slipway("status", "--json"), "the reason")
    assert live.live(MODEL, "staging") == good.bundle_digest
    live.forge.commit(live.forge.head(), {good.path: render(good)}, "Mend it\n")


def test_a_main_that_was_forced_back_is_what_counts(live):
    """The tree says an earlier thing, and the earlier thing is served; nothing is in between."""
    head, good = live.forge.head(), live.desired(MODEL)
    twice = replace(good, max_ongoing_requests=good.max_ongoing_requests + 1)
    newer = live.forge.commit(head, {good.path: render(twice)}, "Wider\n")
    live.healthy(MODEL, newer)
    set_main(live, head)
    with timed("main forced back by one commit"):
        until(lambda: live.desired(MODEL) == good, "the manifest of before")
        settled_again(live, told(live) | {MODEL: told(live)[MODEL]})
        until(lambda: live.idle(MODEL) and live.health(MODEL) == "healthy", "health")


def test_without_any_manifest_what_is_served_ends_or_its_end_is_refused(live):
    paths = [manifest_path(name, MODEL) for name in ENVIRONMENTS]
    head = live.forge.head()
    live.forge.commit(head, dict.fromkeys(paths), "Remove all by hand\n")
    with timed("all manifests of a model removed"):
        until(lambda: decided(live), "removed or refused", told=lambda: outcome(live, "staging"))
    set_main(live, head)
    until(lambda: live.served(MODEL) and live.idle(MODEL), "all as before")


def decided(stack) -> bool:
    gone = not [name for name in APPLICATIONS if name in told(stack)]
    refused = isinstance(outcome(stack, "staging"), Blocked)
    removed = getattr(outcome(stack, "staging"), "reason", None) == Reason.REMOVED
    return refused or (gone and removed)
