"""Two processes with a lock file each reconcile one repository and one running system."""

import json

import pytest

from gitops.conditions import Reason
from gitops.plumbing import Git
from tests.support.two_reconcilers import started


def told(at) -> list[str]:
    """The digests that the running system was told, in order."""
    return [
        app["deployments"][0]["user_config"]["bundle"]["digest"]
        for put in at.serve.puts
        for app in put["applications"]
    ]


def named(at) -> list[str]:
    """The digests that main named, in order."""
    commits = at.forge.history("gitops/environments/staging/fraud.yaml", at.forge.head(), 1000)
    return [commit.trailers["Bundle-Digest"] for commit in reversed(commits)]


def in_order(told: list[str], named: list[str]) -> bool:
    """Is `told` what `named` becomes when some of it is left out?"""
    rest = iter(named)
    return all(any(one == other for other in rest) for one in told)


@pytest.mark.parametrize(
    "rounds",
    [6, pytest.param(200, marks=[pytest.mark.e2e, pytest.mark.timeout(600)])],
)
def test_nothing_is_applied_twice_or_out_of_order_and_no_record_is_lost(at, tmp_path, rounds):
    processes = [started(at, tmp_path / f"{name}.lock", rounds) for name in ("one", "two")]
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    assert at.reconciler.reconcile("staging", "fraud").outcome.reason in (
        Reason.HEALTHY,
        Reason.LOCKED,
    )
    assert in_order(told(at), named(at))
    history = records(at)
    proofs = [len(record["proofs"]) for record in history]
    assert len(history[-1]["proofs"]) == min(100, len(told(at)))
    assert proofs == sorted(proofs)


def records(at) -> list[dict]:
    """Every record that was written, the oldest first, by the ref's own log."""
    git = Git(at.forge.path)
    ref = "refs/slipway/staging/fraud/record"
    log = (at.forge.path / "logs" / ref).read_text().splitlines()
    texts = git.read_blobs([line.split()[1] for line in log])
    return [json.loads(text) for text in texts if text]
