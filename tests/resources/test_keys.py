import base64

import pytest

from resources.errors import SettingsError
from resources.keys import accepted_keys, signing_key
from resources.settings import Settings
from serving.seal import name_of

SEED = base64.b64encode(bytes(32)).decode()


def test_without_a_key_nothing_is_signed_and_no_signature_asked_for():
    assert (signing_key(Settings()), accepted_keys(Settings())) == (None, ())


def test_a_key_comes_from_the_variable_or_from_a_file(tmp_path):
    file = tmp_path / "key"
    file.write_text(base64.b64encode(bytes([1]) * 32).decode())
    assert signing_key(Settings(signing_key_file=file)).private_bytes_raw() == bytes([1]) * 32
    both = Settings(signing_key=SEED, signing_key_file=file)
    assert signing_key(both).private_bytes_raw() == bytes(32)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(SettingsError, match=r"SLIPWAY_SIGNING_KEY_FILE: .*nothing cannot be read"):
        signing_key(Settings(signing_key_file=tmp_path / "nothing"))


def test_a_wrong_key_is_refused_without_showing_it():
    with pytest.raises(SettingsError, match=r"SLIPWAY_SIGNING_KEY: .*slipway keys new") as refused:
        signing_key(Settings(signing_key="hunter2"))
    assert "hunter2" not in str(refused.value)


def test_a_wrong_public_key_is_shown():
    with pytest.raises(SettingsError, match=r"SLIPWAY_BUNDLE_PUBLIC_KEY: .*got 'AAAA'"):
        accepted_keys(Settings(bundle_public_key="AAAA"))
    key = signing_key(Settings(signing_key=SEED)).public_key()
    assert accepted_keys(Settings(bundle_public_key=name_of(key))) == (key,)
