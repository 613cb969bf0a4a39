"""The fake GitHub does what GitHub does, and notices what GitHub would not take."""

from base64 import b64encode
from dataclasses import replace
from datetime import timedelta

import httpx
import jwt
import pytest

from tests.support.github.fake import Exchange, Fault
from tests.support.releases import SEED

COMMIT = (
    "mutation($input: CreateCommitOnBranchInput!) "
    "{ createCommitOnBranch(input: $input) { commit { oid } } }"
)
VERSION = {"x-github-api-version": "2022-11-28"}


@pytest.fixture
def place(github, tmp_path):
    return github.create("fleet", tmp_path / "fleet.git", SEED)


@pytest.fixture
def api(github, place):
    headers = {**VERSION, "authorization": f"token {github.accounts.token('ann')}"}
    url = f"{github.url}/repos/acme/fleet/"
    with httpx.Client(base_url=url, headers=headers, timeout=60) as client:
        yield client


def commit(api, branch, head, text="x"):
    added = [{"path": "note", "contents": b64encode(text.encode()).decode()}]
    given = {
        "branch": {"repositoryNameWithOwner": "acme/fleet", "branchName": branch},
        "expectedHeadOid": head,
        "message": {"headline": "Add a note"},
        "fileChanges": {"additions": added},
    }
    url = api.base_url.copy_with(path="/graphql")
    return api.post(url, json={"query": COMMIT, "variables": {"input": given}}).json()


def proposed(api, place, branch="topic"):
    """A pull request with one commit."""
    api.post("git/refs", json={"ref": f"refs/heads/{branch}", "sha": place.main})
    commit(api, branch, place.main)
    asked = api.post("pulls", json={"title": "A note", "head": branch, "base": "main"})
    return asked.json()


def test_a_commit_goes_on_top_of_the_expected_head_alone(api, place):
    head = place.main
    made = commit(api, "main", head)["data"]["createCommitOnBranch"]["commit"]["oid"]
    assert place.main == made
    late = commit(api, "main", head, "late")
    assert (late["errors"][0]["type"], place.main) == ("STALE_DATA", made)


def test_a_second_pull_request_of_a_branch_is_refused(api, place):
    assert proposed(api, place)["number"] == 1
    asked = api.post("pulls", json={"title": "Again", "head": "topic", "base": "main"})
    assert asked.status_code == 422
    assert "already exists" in asked.json()["errors"][0]["message"]


def test_whether_it_can_be_merged_is_known_at_the_second_look(api, place):
    proposed(api, place)
    assert [api.get("pulls/1").json()["mergeable"] for _ in range(2)] == [None, True]


def test_what_is_new_is_late_in_lists_and_not_by_itself(api, place):
    place.list_delay = 2
    proposed(api, place)
    assert api.get("pulls/1").status_code == 200
    assert [len(api.get("pulls").json()) for _ in range(3)] == [0, 0, 1]


def test_a_merge_needs_the_head_that_was_looked_at(api, place):
    sha = proposed(api, place)["head"]["sha"]
    api.get("pulls/1")
    assert api.put("pulls/1/merge", json={"sha": "0" * 40}).status_code == 409
    merged = api.put("pulls/1/merge", json={"sha": sha, "merge_method": "squash"})
    assert merged.json()["sha"] == place.main
    assert api.get("pulls/1").json()["merged_by"]["login"] == "ann"
    assert api.put("pulls/1/merge", json={"sha": sha}).status_code == 405


def test_a_branch_without_a_change_ends_its_pull_request(api, place):
    proposed(api, place)
    api.patch("git/refs/heads/topic", json={"sha": place.main, "force": True})
    assert api.get("pulls/1").json()["state"] == "closed"


def test_an_app_gets_a_token_for_its_key_and_the_token_ends(github, place):
    key = github.accounts.app(7, installation=70)
    signed = jwt.encode({"iss": "7", "iat": 1, "exp": 2**31}, key, algorithm="RS256")
    url = f"{github.url}/app/installations/70/access_tokens"
    asked = httpx.post(url, headers={**VERSION, "authorization": f"Bearer {signed}"}, timeout=60)
    assert asked.status_code == 401
    github.accounts.lifetime = timedelta(0)
    other = github.accounts.app(8, installation=80)
    assert other != key


def test_a_token_that_is_none_is_refused(github, api, place):
    assert api.get("pulls", headers={"authorization": "token x"}).status_code == 401


def test_a_fault_comes_as_often_as_it_was_scripted(github, api, place):
    github.faults.append(Fault("GET .*/pulls", times=2))
    assert [api.get("pulls").status_code for _ in range(3)] == [502, 502, 200]


def test_a_lost_answer_was_carried_out(github, api, place):
    github.faults.append(Fault("POST .*/git/refs", status=None, done=True))
    with pytest.raises(httpx.RemoteProtocolError, match="disconnected"):
        api.post("git/refs", json={"ref": "refs/heads/topic", "sha": place.main})
    assert place.branch("topic") == place.main


def problems(contract, exchange: Exchange, **changed):
    return list(contract.problems(replace(exchange, **changed)))


def test_what_github_does_not_describe_is_noticed(github, api, place, github_contract):
    if github_contract is None:
        pytest.skip("no shared/contracts/github-api.json in any folder above this checkout")
    proposed(api, place)
    api.get("pulls", params={"state": "all"})
    asked, opened = github.requests("GET .*/pulls")[0], github.requests("POST .*/pulls")[0]
    wrong = {
        "no such operation": problems(github_contract, asked, path="/repos/a/b/pull"),
        "Api-Version": problems(github_contract, asked, headers={}),
        "'colour' is not described": problems(github_contract, asked, query={"colour": "red"}),
        "'any' is not one of": problems(github_contract, asked, query={"state": "any"}),
        "'base' is a required": problems(github_contract, opened, body={"head": "topic"}),
        "is not of type": problems(
            github_contract, opened, answer={**opened.answer, "number": "1"}
        ),
        "'user' is a required": problems(github_contract, asked, answer=[{}]),
        "418 is not described": problems(github_contract, asked, status=418),
    }
    assert [said for said, found in wrong.items() if not any(said in one for one in found)] == []
