"""GitHub answers late, wrongly, twice or not at all: nothing happens twice, nothing is lost."""

import subprocess
import time
from datetime import timedelta

import pytest
from pydantic import SecretStr

from gitops.errors import AccessDenied, ForgeUnavailable, MergeRefused, RateLimited
from gitops.github_access import App, Token
from tests.contracts.changes import FILE, change, opened, proposal
from tests.contracts.github import forge_at
from tests.support.github.fake import Fault
from tests.support.releases import SEED


@pytest.fixture
def place(github, tmp_path):
    return github.create("fleet", tmp_path / "fleet.git", SEED)


@pytest.fixture
def pauses():
    return []


@pytest.fixture
def forge(github, place, tmp_path, pauses):
    return forge_at(github, tmp_path / "mirror.git", pauses=pauses)


@pytest.mark.parametrize(("status", "done"), [(None, True), (502, False)])
@pytest.mark.parametrize(
    "what",
    ["POST .*/git/refs", "createCommitOnBranch", "POST .*/pulls$", "POST .*/labels",
     "POST .*/comments"],
)  # fmt: skip
def test_a_lost_answer_while_opening_gives_one_promotion(github, forge, place, what, status, done):
    github.faults.append(Fault(what, status, done=done))
    first = opened_anyhow(forge)
    assert forge.open_promotion(proposal()) == first
    assert list(place.pulls) == [first.number]
    assert len(place.pulls[first.number].comments) == 1
    assert len(place.git.text("rev-list", f"main..{first.branch}").split()) == 1


@pytest.mark.parametrize(("status", "done"), [(None, True), (502, False)])
def test_a_lost_answer_while_moving_a_branch_leaves_one_commit_on_it(
    github, forge, place, status, done
):
    first = opened(forge)
    change(forge)
    github.faults.append(Fault("PATCH .*/git/refs", status, done=done))
    again = forge.open_promotion(proposal(changes={FILE: "two replicas\n"}))
    assert (again.number, github.faults[0].times) == (first.number, 0)
    assert len(place.git.text("rev-list", f"main..{first.branch}").split()) == 1


def opened_anyhow(forge):
    """What a run that is repeated comes to."""
    try:
        return forge.open_promotion(proposal())
    except ForgeUnavailable:
        return forge.open_promotion(proposal())


@pytest.mark.parametrize("done", [True, False])
def test_a_lost_answer_to_a_merge_merges_once(github, forge, place, done):
    promotion = opened(forge)
    before = place.main
    github.faults.append(Fault("PUT .*/merge", None, done=done))
    merged = forge.merge(promotion.number, "ann")
    assert place.main == merged
    assert place.git.text("rev-list", f"{before}..main").split() == [merged]


@pytest.mark.parametrize("done", [True, False])
def test_a_lost_answer_to_a_commit_commits_once(github, forge, place, done):
    before = place.main
    github.faults.append(Fault("createCommitOnBranch", 502, done=done))
    made = change(forge)
    assert (forge.head(), forge.read(FILE, made)) == (made, "by hand\n")
    assert place.git.text("rev-list", f"{before}..main").split() == [made]


def test_a_late_list_hides_no_promotion(forge, place):
    place.list_delay = 3
    first = forge.open_promotion(proposal())
    assert forge.open_promotion(proposal()).number == first.number
    assert list(place.pulls) == [first.number]


def test_whether_it_can_be_merged_is_waited_for_and_not_for_ever(forge, place):
    place.merge_delay = 3
    promotion = opened(forge)
    assert forge.merge(promotion.number, "ann") == place.main
    place.merge_delay = 1000
    other = opened(forge, "b")
    with pytest.raises(MergeRefused, match="does not say whether it can be merged"):
        forge.merge(other.number, "ann")


@pytest.mark.parametrize(
    ("status", "headers", "waited"),
    [
        (429, {"retry-after": "7"}, 7.0),
        (403, {"retry-after": "9"}, 9.0),
        (403, {}, 60.0),
    ],
)
def test_github_is_left_alone_for_as_long_as_it_asks(
    github, forge, pauses, status, headers, waited
):
    message = "You have exceeded a secondary rate limit"
    github.faults.append(Fault("GET .*/pulls$", status, message, headers))
    assert forge.promotions() == []
    assert pauses == [waited]


def test_a_rest_that_is_too_long_is_told_and_not_taken(github, forge, pauses):
    github.remaining, github.reset = 0, int(time.time()) + 1800
    with pytest.raises(RateLimited, match=r"wants 1[78]\d\d s of rest: API rate limit exceeded"):
        forge.promotions()
    assert pauses == []


def test_who_does_not_answer_is_asked_a_bounded_number_of_times(github, forge, pauses):
    github.faults.append(Fault("GET .*/pulls$", 502, times=100))
    with pytest.raises(ForgeUnavailable, match="does not answer: Server Error"):
        forge.promotions()
    assert len(github.requests("GET .*/pulls$")) == 4
    assert pauses == sorted(pauses)


def test_a_missing_permission_is_named(github, place, tmp_path):
    reads = frozenset({"contents:read", "pull_requests:read", "statuses:read"})
    token = Token(SecretStr(github.accounts.token("eve", reads)))
    forge = forge_at(github, tmp_path / "mirror.git", token)
    with pytest.raises(AccessDenied, match=r"Resource not accessible.*SLIPWAY_GITHUB_TOKEN"):
        change(forge)


def test_a_wrong_token_is_told_and_never_shown(github, place, tmp_path):
    with pytest.raises(AccessDenied, match="does not let us in") as denied:
        forge_at(github, tmp_path / "mirror.git", Token(SecretStr("ghp_wrong")))
    assert "ghp_wrong" not in str(denied.value)


def test_an_app_gets_new_tokens_before_the_old_ones_end(github, place, tmp_path):
    app = App(7, SecretStr(github.accounts.app(7, installation=70)), 70)
    github.accounts.lifetime = timedelta(minutes=4)
    forge = forge_at(github, tmp_path / "mirror.git", app)
    promotion = opened(forge)
    assert forge.merge(promotion.number, "ann") == forge.head()
    assert len(github.requests("POST /app/installations/70/access_tokens")) > 1
    github.accounts.lifetime = timedelta(hours=1)


def test_an_app_with_the_key_of_another_is_not_let_in(github, place, tmp_path):
    github.accounts.app(7, installation=70)
    key = SecretStr(github.accounts.app(8, installation=80))
    with pytest.raises(AccessDenied, match="JSON web token"):
        forge_at(github, tmp_path / "mirror.git", App(7, key, 70))


def test_no_token_is_left_on_disk(github, place, tmp_path):
    token = github.accounts.token("slipway")
    forge = forge_at(github, tmp_path / "mirror.git", Token(SecretStr(token)))
    opened(forge)
    command = ["grep", "-r", "--text", "-l", token, str(tmp_path)]
    assert subprocess.run(command, capture_output=True, check=False).stdout == b""
