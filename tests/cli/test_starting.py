"""What runs once while the stack starts: Serve itself, and what git wants served."""

import httpx
import pytest

from gitops.errors import RepositoryMissing
from platform_assets.cli.stack import restore, start_serve
from platform_assets.wiring import build_reconciler
from resources.settings import load_settings
from tests.support.releases import digest


@pytest.fixture
def settings(at):
    found = load_settings()
    found.ray_token_file.parent.mkdir(parents=True)
    found.ray_token_file.write_text("secret\n")
    return found


def test_serve_is_started_without_an_application(at, settings):
    start_serve.start(settings)
    assert at.serve.puts == [
        {
            "proxy_location": "HeadOnly",
            "http_options": {"host": "127.0.0.1", "port": settings.serve_port},
            "applications": [],
        }
    ]


def test_applications_that_run_already_are_left_alone(at, settings):
    at.staging("a")
    before = len(at.serve.puts)
    start_serve.start(settings)
    assert len(at.serve.puts) == before
    assert at.serve.digest("staging-fraud") == digest("a")


def test_a_ray_that_refuses_is_an_error_and_not_a_success(at, settings):
    at.serve.outage = True
    with pytest.raises(httpx.HTTPStatusError, match="503"):
        start_serve.start(settings)


def test_the_door_answers_even_without_an_application(at, settings, monkeypatch):
    assert start_serve.answers(settings)
    monkeypatch.setenv("SLIPWAY_SERVE_PORT", "8199")
    assert not start_serve.answers(load_settings())


def test_after_a_restart_everything_that_git_names_is_served_again(at, settings):
    at.staging("a")
    at.approve("a")
    at.reconciler.reconcile("production", "fraud")
    at.serve.restart()
    assert restore.restore(build_reconciler(settings, verifier=None))
    served = {name: at.serve.digest(name) for name in ("fraud", "staging-fraud")}
    assert served == {"fraud": digest("a"), "staging-fraud": digest("a")}


def test_rows_are_replayed_by_models_of_types_that_may_be_loaded_here(at, settings, monkeypatch):
    monkeypatch.setenv("SLIPWAY_TRUSTED_TYPES", "shop.Scale, shop.Bin")
    reconciler = build_reconciler(load_settings(), verifier=None)
    assert reconciler._outside.replayer.trusted == ("shop.Scale", "shop.Bin")


def test_what_was_never_proven_is_not_called_healthy_by_a_restart(at, settings):
    at.bring("a")
    restore.restore(build_reconciler(settings, verifier=None))
    assert at.forge.read_record("staging", "fraud").healthy is None


def test_a_system_that_cannot_be_asked_is_asked_again_later(at, settings):
    at.staging("a")
    at.serve.outage = True
    assert restore.main() == 1
    at.serve.outage = False
    assert restore.main() == 0


def test_an_empty_repository_has_nothing_to_restore(at, settings):
    assert restore.main() == 0


def test_a_repository_that_cannot_be_used_is_said(at, settings, caplog):
    (settings.gitops_path / "HEAD").unlink()
    with pytest.raises(RepositoryMissing):
        at.forge.head()
    (settings.gitops_path / "HEAD").mkdir()
    assert restore.main() == 1
