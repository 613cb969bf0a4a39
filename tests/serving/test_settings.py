"""Limits come from the environment and are refused by name."""

import pytest

from serving.errors import ConfigError
from serving.settings import load_settings


def test_the_defaults_need_no_environment(monkeypatch):
    monkeypatch.delenv("SLIPWAY_MAX_ROWS", raising=False)
    monkeypatch.delenv("SLIPWAY_MAX_BODY_BYTES", raising=False)
    settings = load_settings()
    assert (settings.max_rows, settings.max_body_bytes) == (10_000, 16 * 1024 * 1024)


def test_the_environment_is_read(monkeypatch):
    monkeypatch.setenv("SLIPWAY_MAX_ROWS", "5")
    assert load_settings().max_rows == 5


@pytest.mark.parametrize(("name", "value"), [("MAX_ROWS", "0"), ("MAX_BODY_BYTES", "many")])
def test_a_limit_that_is_none_is_refused_by_name(name, value, monkeypatch):
    monkeypatch.setenv(f"SLIPWAY_{name}", value)
    with pytest.raises(ConfigError, match=f"SLIPWAY_{name}: .*, got '{value}'"):
        load_settings()


def test_public_keys_are_read_and_refused_at_the_start(monkeypatch):
    monkeypatch.setenv("SLIPWAY_BUNDLE_PUBLIC_KEY", "A" * 43 + "=")
    assert len(load_settings().keys) == 1
    monkeypatch.setenv("SLIPWAY_BUNDLE_PUBLIC_KEY", "AAAA")
    with pytest.raises(ConfigError, match=r"SLIPWAY_BUNDLE_PUBLIC_KEY: .*32 bytes in base64"):
        load_settings()


def test_trusted_types_are_names_with_commas_between(monkeypatch):
    monkeypatch.setenv("SLIPWAY_TRUSTED_TYPES", " functools.partial, team.steps.Ratio ")
    assert load_settings().trusted == ("functools.partial", "team.steps.Ratio")
    monkeypatch.setenv("SLIPWAY_TRUSTED_TYPES", "")
    assert load_settings().trusted == ()
    monkeypatch.setenv("SLIPWAY_TRUSTED_TYPES", "os; rm")
    with pytest.raises(ConfigError, match=r"SLIPWAY_TRUSTED_TYPES: .*, got 'os; rm'"):
        load_settings()


def test_predictions_are_logged_where_a_folder_is_named_and_a_share_is_wanted(monkeypatch):
    monkeypatch.delenv("SLIPWAY_PREDICTIONS_URI", raising=False)
    assert load_settings().predictions is None
    monkeypatch.setenv("SLIPWAY_PREDICTIONS_URI", "file:///var/log/slipway")
    assert str(load_settings().predictions) == "/var/log/slipway"
    monkeypatch.setenv("SLIPWAY_LOG_SAMPLE", "0")
    assert load_settings().predictions is None
    monkeypatch.setenv("SLIPWAY_PREDICTIONS_URI", "s3://bucket/log")
    with pytest.raises(ConfigError, match=r"SLIPWAY_PREDICTIONS_URI: .*local folder"):
        load_settings()
