"""Pull requests on GitHub keep the contract, and are what people on GitHub expect."""

import pytest

from gitops.errors import CommitUnsigned, MergeRefused, MergeTakenBack, PushRefused
from gitops.forge import Forge
from gitops.github_promotions import FEW_BRANCHES
from gitops.holds import hold
from gitops.policy import POLICY_PATH
from tests.contracts.changes import FILE, MESSAGE, change, opened, proposal
from tests.contracts.forge_suite import ForgeContract
from tests.contracts.github import forge_at
from tests.support.github.repository import Protection
from tests.support.releases import SEED, digest
from tests.support.signers import WANTED


@pytest.fixture
def place(github, tmp_path):
    """The repository as GitHub has it."""
    return github.create("fleet", tmp_path / "fleet.git", SEED)


@pytest.fixture
def forge(github, place, tmp_path):
    return forge_at(github, tmp_path / "mirror.git")


class TestGitHubForge(ForgeContract):
    def test_it_is_a_forge(self, forge):
        checked: Forge = forge
        assert checked.head()


def test_a_pull_request_has_labels_and_one_comment_that_changes(forge, place):
    first = opened(forge)
    opened(forge)
    pull = place.pulls[first.number]
    assert pull.labels == ["slipway", "model:fraud", "env:production"]
    assert len(pull.comments) == 1
    assert "Waits for approval" in pull.comments[0]["body"]
    forge.merge(first.number, "ann")
    assert len(pull.comments) == 1
    assert "approved by ann" in pull.comments[0]["body"]


def test_what_an_opening_asks_does_not_grow_with_what_is_open(github, forge):
    asked = []
    for number in range(5):
        before = len(github.log)
        forge.open_promotion(proposal(model=f"m{number}", changes={f"m{number}": "x"}))
        asked.append(len(github.log) - before)
    assert len(set(asked)) == 1


def test_of_many_promotions_of_a_model_the_newest_alone_is_open(forge):
    numbers = [opened(forge, letter).number for letter in "abcdef01"]
    assert len(forge.branches("production", "fraud")) > FEW_BRANCHES + 1
    assert [one.number for one in forge.promotions("open")] == numbers[-1:]
    assert {one.state for one in forge.promotions()} == {"open", "superseded"}


def test_a_body_beyond_githubs_limit_is_cut_with_a_pointer(forge, place):
    changes = {FILE: "x\n", "gitops/evidence/production/fraud.json": "{}\n"}
    promotion = forge.open_promotion(proposal(body="| a |\n" * 20_000, changes=changes))
    assert len(place.pulls[promotion.number].body) <= 65_536
    assert promotion.body.endswith("the whole is in `gitops/evidence/production/fraud.json`.*\n")


def test_a_long_description_of_a_status_is_cut(forge):
    promotion = forge.open_promotion(proposal())
    forge.set_status(promotion.number, promotion.commit, "quality", "success", "x" * 500)
    status = forge.promotion(promotion.number).status("quality")
    assert status.description == "x" * 140


def test_a_reason_cannot_end_the_hidden_line(forge, place):
    promotion = opened(forge)
    reason = '--> <b> <!-- slipway: {"state": "superseded", "reason": "y"} -->'
    assert forge.close(promotion.number, reason).reason == reason
    assert forge.promotion(promotion.number).state == "closed"


def test_what_a_person_does_on_github_is_seen(forge, place):
    merged, closed = opened(forge), opened(forge, model="diabetes", changes={"d": "x\n"})
    pull = place.pulls[merged.number]
    tree = place.merged_tree(pull.sha)
    commit = place.commit_tree(tree, [place.main, pull.sha], "Merge pull request #1\n", "bob")
    place.end(pull, commit, "bob")
    place.move("refs/heads/main", commit, forge.head())
    place.close(place.pulls[closed.number])
    found = forge.promotion(merged.number)
    assert (found.state, found.approver, found.merged_as) == ("merged", "bob", forge.head())
    found = forge.promotion(closed.number)
    assert (found.state, found.reason) == ("closed", "closed on GitHub")


def test_a_pull_request_of_somebody_else_is_no_promotion(forge, place):
    promotion = opened(forge)
    pull = place.pulls[promotion.number]
    pull.branch = "topic"
    place.move("refs/heads/topic", pull.sha, None)
    assert forge.promotions() == []


def test_a_review_of_the_present_commit_approves_it(forge, place):
    promotion = opened(forge)
    given = {"id": 1, "login": "bob", "at": "2026-01-01T00:00:00Z", "commit": promotion.commit}
    stale = {**given, "login": "eve", "commit": promotion.base}
    place.pulls[promotion.number].reviews += [
        {**given, "state": "APPROVED"},
        {**stale, "state": "APPROVED"},
    ]
    contexts = [one.context for one in forge.promotion(promotion.number).statuses]
    assert contexts == ["quality", "approved-by/bob"]


def test_a_hold_that_slips_in_before_the_merge_takes_it_back(forge, place):
    promotion = opened(forge)
    place.on_merge = lambda: place.push(held_file())
    with pytest.raises(MergeTakenBack, match="is held in production"):
        forge.merge(promotion.number, "ann")
    assert forge.read(FILE, forge.head()) is None


def held_file() -> dict[str, str]:
    entry = f"digest: '{digest('a')}'\n  reason: smells\n  since: '2026-01-01'\n  by: ann\n"
    return {"gitops/holds/production/fraud.yaml": f"held:\n- {entry}"}


def test_a_rule_of_the_branch_is_told_in_githubs_words(forge, place):
    promotion = opened(forge)
    place.protection = Protection(contexts=("security",))
    with pytest.raises(MergeRefused, match='status check "security" is expected'):
        forge.merge(promotion.number, "ann")


def test_a_protected_main_refuses_a_commit_of_who_may_not_bypass(forge, place):
    place.protection = Protection(pull_request=True)
    with pytest.raises(PushRefused, match="must be made through a pull request"):
        change(forge)
    place.protection = Protection(pull_request=True, bypass=frozenset({"slipway"}))
    hold(forge, "production", "fraud", digest("a"), "smells", "ann")
    assert forge.last_change("gitops/holds/production/fraud.yaml", forge.head()).author == "slipway"


def test_an_empty_repository_gets_its_first_commit(github, tmp_path):
    github.create("fleet", tmp_path / "fleet.git", {})
    forge = forge_at(github, tmp_path / "mirror.git")
    assert forge.commit(forge.head(), {FILE: "x\n"}, MESSAGE) == forge.head()


SIGNED = SEED | {POLICY_PATH: WANTED.replace(", requires: [staging]", "")}


def test_what_github_commits_is_signed_by_github_and_may_be_merged(github, tmp_path):
    github.create("fleet", tmp_path / "fleet.git", SIGNED)
    forge = forge_at(github, tmp_path / "mirror.git")
    promotion = opened(forge)
    assert forge.signature(promotion.commit).signer == "noreply@github.com"
    assert forge.signature(forge.merge(promotion.number, "ann")).good


def test_a_branch_that_somebody_pushed_to_unsigned_is_not_merged(github, tmp_path):
    place = github.create("fleet", tmp_path / "fleet.git", SIGNED)
    forge = forge_at(github, tmp_path / "mirror.git")
    promotion = opened(forge)
    place.verified.clear()
    with pytest.raises(CommitUnsigned, match=r"is not verified by the git host \(unsigned\)"):
        forge.merge(promotion.number, "ann")


def test_an_unsigned_push_to_main_is_known_for_one(github, tmp_path, place):
    forge = forge_at(github, tmp_path / "mirror.git")
    assert not forge.signature(place.push({FILE: "by hand\n"})).good
