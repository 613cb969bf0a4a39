"""The graph has the environments that git names, and lives through a policy nobody can use."""

import pytest

from gitops.policy import POLICY_PATH
from platform_assets.wiring import begin_gitops, followed_policy
from resources.settings import Settings

WITH_CANARY = """
environments:
  - {name: staging, approval: auto}
  - {name: canary, approval: review, requires: [staging]}
  - {name: production, approval: review, requires: [canary]}
"""


@pytest.fixture
def settings(tmp_path):
    return Settings(home=tmp_path)


def push(settings, text):
    forge = begin_gitops(settings)
    forge.commit(forge.head(), {POLICY_PATH: text}, "Change the policy")


def test_before_there_is_a_repository_the_checkout_says_which(settings):
    assert followed_policy(settings).names == ["staging", "production"]


def test_an_environment_that_git_gained_is_in_the_graph(settings):
    push(settings, WITH_CANARY)
    assert followed_policy(settings).names == ["staging", "canary", "production"]


def test_a_policy_that_cannot_be_used_is_passed_over(settings):
    push(settings, WITH_CANARY)
    push(settings, "environments: none")
    assert followed_policy(settings).names == ["staging", "canary", "production"]
