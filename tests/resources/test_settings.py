from ipaddress import IPv4Address
from pathlib import Path

import pytest
from pydantic import ValidationError

from resources.errors import SettingsError
from resources.settings import (
    CHECKOUT,
    Settings,
    SqlSettings,
    load_aws_settings,
    load_settings,
)

GIVEN = {
    "HOME": ("/srv/slipway", Path("/srv/slipway")),
    "SERVE_PORT": ("8163", 8163),
    "DAGSTER_PORT": ("8164", 8164),
    "MLFLOW_PORT": ("8165", 8165),
    "BOARD_PORT": ("8162", 8162),
    "RAY_PORT": ("8166", 8166),
    "RAY_DASHBOARD_PORT": ("8167", 8167),
    "RAY_ADDRESS": ("http://127.0.0.1:8168", "http://127.0.0.1:8168"),
    "TRAIN_RAY_ADDRESS": ("127.0.0.1:6379", "127.0.0.1:6379"),
    "LAKE_URI": ("s3://bucket/lake", "s3://bucket/lake"),
    "ARTIFACTS_URI": ("/srv/artifacts", "/srv/artifacts"),
    "PREDICTIONS_URI": ("/srv/predictions", "/srv/predictions"),
    "MLFLOW_URI": ("http://127.0.0.1:8169", "http://127.0.0.1:8169"),
    "GITOPS_REPO": ("/srv/gitops.git", "/srv/gitops.git"),
    "GITOPS_TOKEN": ("very-secret-three", "very-secret-three"),
    "GITOPS_USER": ("robot", "robot"),
    "GITOPS_AUTH": ("bearer", "bearer"),
    "GITHUB_TOKEN": ("very-secret-four", "very-secret-four"),
    "GITHUB_APP_ID": ("7", 7),
    "GITHUB_APP_KEY": ("very-secret-five", "very-secret-five"),
    "GITHUB_APP_INSTALLATION": ("70", 70),
    "GITHUB_API": ("https://git.example.com/api/v3", "https://git.example.com/api/v3"),
    "TRUSTED_TYPES": ("sklearn.ensemble.Forest", "sklearn.ensemble.Forest"),
    "LAKE_RETENTION_DAYS": ("90", 90),
    "HEALTH_TIMEOUT": ("7.5", 7.5),
    "NOTIFY_URLS": ("json://very-secret-six", "json://very-secret-six"),
    "SIGNING_KEY": ("very-secret-too", "very-secret-too"),
    "SIGNING_KEY_FILE": ("/srv/key.pem", Path("/srv/key.pem")),
    "BUNDLE_PUBLIC_KEY": ("AAAA,BBBB", "AAAA,BBBB"),
    "GITOPS_SIGNING_KEY": ("very-secret-eight", "very-secret-eight"),
    "GITOPS_SIGNING_KEY_FILE": ("/srv/signs", Path("/srv/signs")),
    "GITOPS_SIGNERS_FILE": ("/srv/allowed_signers", Path("/srv/allowed_signers")),
    "RAY_TOKEN": ("very-secret", "very-secret"),
    "API_TOKEN": ("very-secret-seven", "very-secret-seven"),
    "API_TOKENS_FILE": ("/srv/tokens.json", "/srv/tokens.json"),
    "SERVE_HOST": ("127.0.0.2", IPv4Address("127.0.0.2")),
    "TLS_CERT_FILE": ("/srv/cert.pem", Path("/srv/cert.pem")),
    "TLS_KEY_FILE": ("/srv/cert.key", Path("/srv/cert.key")),
}
TOGETHER = ("TLS_CERT_FILE", "TLS_KEY_FILE")
REFUSED = {
    "SERVE_PORT": ["http", "80", "65536"],
    "DAGSTER_PORT": ["-1"],
    "MLFLOW_PORT": ["5000.5"],
    "BOARD_PORT": ["80"],
    "RAY_PORT": ["6379/tcp"],
    "RAY_DASHBOARD_PORT": ["1023"],
    "ARTIFACTS_URI": ["s3://bucket/x"],
    "GITOPS_AUTH": ["digest"],
    "GITHUB_APP_ID": ["0", "mine"],
    "GITHUB_APP_INSTALLATION": ["-1"],
    "PREDICTIONS_URI": ["s3://bucket/x"],
    "LAKE_RETENTION_DAYS": ["0", "3651", "a month"],
    "SERVE_HOST": ["localhost", "::1"],
    "HEALTH_TIMEOUT": ["0", "3601", "soon"],
}


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch):
    for name in GIVEN:
        monkeypatch.delenv(f"SLIPWAY_{name}", raising=False)


def plain(value):
    return value.get_secret_value() if hasattr(value, "get_secret_value") else value


def test_every_setting_has_a_sentence_and_is_tested_here():
    assert {name.upper() for name in Settings.model_fields} == set(GIVEN)
    assert all(field.description for field in Settings.model_fields.values())


@pytest.mark.parametrize("name", GIVEN)
def test_each_setting_is_read_from_its_variable(monkeypatch, name):
    _, expected = GIVEN[name]
    for one in TOGETHER if name in TOGETHER else (name,):
        monkeypatch.setenv(f"SLIPWAY_{one}", GIVEN[one][0])
    assert plain(getattr(load_settings(), name.lower())) == expected


@pytest.mark.parametrize(("name", "text"), [(n, t) for n, texts in REFUSED.items() for t in texts])
def test_a_value_that_cannot_be_used_is_named_with_its_variable(monkeypatch, name, text):
    monkeypatch.setenv(f"SLIPWAY_{name}", text)
    with pytest.raises(SettingsError, match=f"^SLIPWAY_{name}: .*, got '{text}'$"):
        load_settings()


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("10.0.0.5", "https://10.0.0.5:8000"),
        ("0.0.0.0", "https://127.0.0.1:8000"),  # noqa: S104
    ],
)
def test_endpoints_are_asked_where_they_listen(host, url):
    files = {"tls_cert_file": Path("a.pem"), "tls_key_file": Path("a.key")}
    assert Settings(serve_host=IPv4Address(host), **files).serve_url == url


def test_every_bad_value_is_named_not_only_the_first(monkeypatch):
    monkeypatch.setenv("SLIPWAY_SERVE_PORT", "x")
    monkeypatch.setenv("SLIPWAY_RAY_PORT", "y")
    with pytest.raises(SettingsError, match=r"SLIPWAY_SERVE_PORT: [\s\S]*\nSLIPWAY_RAY_PORT: "):
        load_settings()


def test_the_defaults_need_nothing_and_keep_all_state_in_one_folder():
    settings = load_settings()
    home = CHECKOUT / ".slipway"
    assert settings.home == home
    assert settings.lake == str(home / "lake")
    assert settings.artifacts == home / "artifacts"
    assert settings.mlflow_tracking == f"sqlite:///{home}/mlflow/mlflow.db"
    assert settings.gitops_path == home / "gitops.git"
    folders = [settings.landing, settings.ray_token_file, settings.dagster_home, settings.logs]
    assert all(folder.is_relative_to(home) for folder in folders)


def test_the_defaults_listen_on_loopback_alone():
    settings = load_settings()
    assert settings.serve_url == "http://127.0.0.1:8000"
    assert settings.dagster_url == "http://127.0.0.1:3000"
    assert settings.mlflow_url == "http://127.0.0.1:5000"
    assert settings.serve_api == "http://127.0.0.1:8265"


def test_what_is_given_takes_the_place_of_what_home_would_hold(monkeypatch):
    for name, (text, _) in GIVEN.items():
        monkeypatch.setenv(f"SLIPWAY_{name}", text)
    settings = load_settings()
    assert settings.lake == "s3://bucket/lake"
    assert settings.artifacts == Path("/srv/artifacts")
    assert settings.mlflow_tracking == "http://127.0.0.1:8169"
    assert settings.gitops_path == Path("/srv/gitops.git")
    assert settings.serve_api == "http://127.0.0.1:8168"


def test_an_empty_variable_counts_as_not_set(monkeypatch):
    expected = load_settings()
    for name in GIVEN:
        monkeypatch.setenv(f"SLIPWAY_{name}", "")
    assert load_settings() == expected


def test_artifacts_may_be_named_by_a_file_address(monkeypatch):
    monkeypatch.setenv("SLIPWAY_ARTIFACTS_URI", "file:///srv/artifacts")
    assert load_settings().artifacts == Path("/srv/artifacts")


def test_a_relative_home_is_made_absolute_and_a_tilde_is_followed(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SLIPWAY_HOME", "state")
    assert load_settings().home == tmp_path / "state"
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SLIPWAY_HOME", "~/state")
    assert load_settings().home == tmp_path / "state"


def test_no_secret_is_shown(monkeypatch):
    monkeypatch.setenv("SLIPWAY_RAY_TOKEN", "very-secret")
    settings = load_settings()
    assert "very-secret" not in f"{settings!r} {settings} {settings.model_dump()}"
    assert "very-secret" not in settings.model_dump_json()


def test_settings_cannot_be_changed_after_they_were_read():
    with pytest.raises(ValidationError, match="frozen"):
        load_settings().serve_port = 8161


def test_a_variable_of_the_aws_sdks_that_cannot_be_used_is_named(monkeypatch):
    monkeypatch.setenv("AWS_ALLOW_HTTP", "perhaps")
    with pytest.raises(SettingsError, match=r"AWS_ALLOW_HTTP: .*valid boolean.*, got 'perhaps'"):
        load_aws_settings()


def test_databases_are_named_by_the_rest_of_their_variable(monkeypatch):
    monkeypatch.setenv("SLIPWAY_SQL_WAREHOUSE", "sqlite:///w.db")
    monkeypatch.setenv("SLIPWAY_SQL_OLD_SHOP", "sqlite:///o.db")
    settings = SqlSettings()
    addresses = [settings.address(name).get_secret_value() for name in ("WAREHOUSE", "OLD_SHOP")]
    assert addresses == ["sqlite:///w.db", "sqlite:///o.db"]
    assert "sqlite" not in f"{settings!r} {settings} {settings.model_dump_json()}"


def test_a_database_without_an_address_is_named_by_its_variable(monkeypatch):
    monkeypatch.setenv("SLIPWAY_SQL_SHOP", "")
    with pytest.raises(SettingsError, match="SLIPWAY_SQL_SHOP: not set, expected dialect://"):
        SqlSettings().address("SHOP")
