from gitops.policy import parse_policy
from platform_assets.release.stages import DEFAULT, at_once, stages_of

POLICY = """
environments:
  - {name: dev, approval: auto}
  - {name: prod-eu, approval: review}
  - {name: prod-us, approval: auto, requires: [dev, prod-eu]}
"""


def test_each_environment_of_the_policy_comes_behind_those_it_requires():
    dev, europe, america = stages_of(parse_policy(POLICY))
    assert (dev.release, dev.deployment) == ("dev_release", "dev_deployment")
    assert (europe.release, europe.earlier) == ("prod_eu_promotion", ("dev",))
    assert (america.deployment, america.earlier) == ("prod_us_deployment", ("dev", "prod-eu"))


def test_a_pipeline_ends_with_the_promotion_to_the_second_environment():
    three = stages_of(parse_policy(POLICY))
    assert at_once(three) == ("dev_release", "dev_deployment", "prod_eu_promotion")
    assert at_once(DEFAULT[:1]) == ("staging_release", "staging_deployment")


def test_where_a_person_approves_the_first_release_nothing_is_deployed_before():
    reviewed = stages_of(parse_policy(POLICY.replace("auto", "review", 1)))
    assert at_once(reviewed) == ("dev_release",)
