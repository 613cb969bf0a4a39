"""Whatever is released, lost, removed or let go, in any order: what git names is what runs."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops.conditions import Settled
from gitops.errors import NotHeld, PromotionRefused
from gitops.holds import held, lift, read_holds
from gitops.known import Act
from gitops.manifest import manifest_path, parse
from tests.support.fake_serve import FakeServe
from tests.support.releases import digest, world

GOOD, SLOW, WRONG, REFUSED = "abc", "d", "e", "f"
BAD = SLOW + WRONG + REFUSED
PATH = manifest_path("staging", "fraud")
STEPS = st.tuples(st.sampled_from(["release", "release", "lift"]), st.sampled_from(GOOD + BAD))
OTHERS = st.sampled_from([("lose", ""), ("remove", "")])


def take(at, step, letter):
    """One thing that people or machines do; what is refused changes nothing."""
    try:
        if step == "release":
            at.bring(letter, **({"fault_delay_ms": 200} if letter == SLOW else {}))
        elif step == "lift":
            lift(at.forge, "staging", "fraud", digest(letter), "ann")
        elif step == "lose":
            at.serve.restart()
        elif at.present() is not None:
            at.forge.commit(at.forge.head(), {PATH: None}, "Remove")
    except (PromotionRefused, NotHeld):
        return


def look(at):
    """What one pass leaves: git and the running system say the same, and it is good."""
    report = at.reconciler.reconcile("staging", "fraud")
    assert isinstance(report.outcome, Settled), report.outcome
    text, live = at.present(), at.serve.digest("staging-fraud")
    assert live == (parse(text, PATH).bundle_digest if text else "")
    assert live in ("", *map(digest, GOOD))
    return report


@pytest.mark.e2e
@settings(max_examples=12)
@given(st.lists(STEPS | OTHERS, min_size=1, max_size=6))
def test_after_every_pass_the_tree_equals_what_runs_and_a_second_pass_leaves_it_alone(steps):
    with tempfile.TemporaryDirectory() as folder, FakeServe() as serve:
        at = world(Path(folder), serve)
        at.neighbour()
        serve.wrong.add(digest(WRONG))
        serve.refusals[digest(REFUSED)] = "DamagedBundle: model.onnx"
        with at.runtime:
            for step, letter in steps:
                take(at, step, letter)
                first, puts = look(at), len(serve.puts)
                assert set(look(at).acts) <= {Act.RECORD_OUTCOME}
                assert len(serve.puts) == puts
                if first.reverted:
                    holds = read_holds(at.forge, "staging", "fraud", at.forge.head())
                    assert held(holds, digest(letter))
