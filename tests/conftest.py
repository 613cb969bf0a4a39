"""What every test shares."""

import os

import pytest
from hypothesis import HealthCheck, settings

# A noisy machine is no finding: time limits of Hypothesis are off, its search is not. A developer's
# looks elsewhere each time; CI's judges a change by what it judged the one before.
settings.register_profile(
    "slipway",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="CI" in os.environ,
    print_blob=True,
)
settings.load_profile("slipway")

SUMMARY = "summary"
"""A property under which a test records a sentence that is to be read also when it passes."""


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    """Leave CI nothing to run again where something else than failed tests ended the session.

    Not all tests have been run then, and `make retry` would pass for those that were not.
    """
    whole = exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
    if "CI" in os.environ and not whole and not hasattr(session.config, "workerinput"):
        session.config.cache.set("cache/lastfailed", {})


def pytest_terminal_summary(terminalreporter):
    """Say what tests have recorded for the reader."""
    reports = [one for some in terminalreporter.stats.values() for one in some]
    for report in reports:
        for name, said in getattr(report, "user_properties", ()):
            if name == SUMMARY and report.when == "call":
                terminalreporter.write_line(f"{report.nodeid}: {said}")


@pytest.fixture(scope="session")
def moto():
    """Moto's server, which speaks S3."""
    from tests.support.object_stores import moto_server

    with moto_server() as store:
        yield store


@pytest.fixture(scope="session")
def radosgw():
    """Ceph's S3 server over a cluster of its own."""
    from tests.support.radosgw import missing_programs, radosgw_server

    if missing_programs() and "CI" not in os.environ:
        pytest.skip(f"not installed: {', '.join(missing_programs())}")
    with radosgw_server() as store:
        yield store


@pytest.fixture(scope="session")
def empty_registry(tmp_path_factory):
    """MLflow's migrations of a new database, done once for all tests."""
    from resources.registry import Registry

    folder = tmp_path_factory.mktemp("registry") / "mlflow"
    Registry(f"sqlite:///{folder}/mlflow.db", folder / "artifacts").versions("none")
    return folder


@pytest.fixture(
    params=[
        "disk",
        pytest.param("moto", marks=pytest.mark.slow),
        pytest.param("radosgw", marks=pytest.mark.e2e),
    ]
)
def root(request, tmp_path, monkeypatch):
    """Where a lake is: a folder, or a new bucket."""
    if request.param == "disk":
        return str(tmp_path / "lake")
    store = request.getfixturevalue(request.param)
    store.enter(monkeypatch)
    return f"s3://{store.new_bucket()}/lake"


@pytest.fixture(scope="session")
def github_server():
    """The fake GitHub, started once."""
    from tests.support.github.fake import FakeGitHub

    with FakeGitHub() as running:
        yield running


@pytest.fixture(scope="session")
def github_contract():
    """GitHub's own description of its API; None where it does not lie beside the checkout."""
    from tests.support.contracts import find_contract
    from tests.support.github.contract import Contract

    file = find_contract("github-api.json")
    return Contract(file) if file else None


@pytest.fixture
def github(github_server, github_contract):
    """The fake GitHub; at the end every exchange of the test must be as GitHub describes it."""
    github_server.forget()
    yield github_server
    if github_contract:
        # The description holds REST alone; GraphQL documents are parsed when they arrive.
        asked = [one for one in github_server.log if one.path != "/graphql"]
        assert [problem for one in asked for problem in github_contract.problems(one)] == []
