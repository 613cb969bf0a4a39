"""Keys that sign bundles, at the command line."""

import pytest

from resources.artifacts import Artifacts
from resources.keys import signing_key
from resources.settings import load_settings
from serving.bundle import open_bundle, write_bundle
from serving.errors import Unsigned
from serving.seal import name_of, public_keys
from tests.support.bundles import fraud_contents, line_contents


@pytest.fixture
def bundles(home):
    store = Artifacts(load_settings().artifacts)
    return [
        write_bundle(store.bundles(one.signature.model), one)
        for one in (line_contents(), fraud_contents())
    ]


@pytest.fixture
def key(home, slipway, monkeypatch):
    """A new key in a file, which the settings name."""
    file = home / "key.pem"
    told = slipway("keys", "new", str(file))
    monkeypatch.setenv("SLIPWAY_SIGNING_KEY_FILE", str(file))
    return file, told


def test_a_new_private_key_is_for_its_owner_alone_and_never_printed(key):
    file, told = key
    assert (told.code, file.stat().st_mode & 0o777) == (0, 0o600)
    body = "".join(file.read_text().splitlines()[1:-1])
    assert body not in told.out + told.err
    assert name_of(signing_key(load_settings()).public_key()) in told.out


def test_a_key_that_is_there_is_not_written_over(key, slipway):
    file, _ = key
    before = file.read_bytes()
    told = slipway("keys", "new", str(file))
    assert (told.code, file.read_bytes()) == (1, before)
    assert f"'{file}' is not written: File exists" in told.err


def test_bundles_that_were_there_before_the_key_are_signed(bundles, key, slipway):
    accepted = (signing_key(load_settings()).public_key(),)
    with pytest.raises(Unsigned, match=r"manifest\.sig is not there"):
        open_bundle(bundles[0].folder, bundles[0].digest, accepted)
    for _ in range(2):
        told = slipway("keys", "sign")
        assert (told.code, "2 bundles signed by" in told.out) == (0, True)
    assert public_keys(told.out.split()[-1]) == accepted
    assert {open_bundle(one.folder, one.digest, accepted).signed for one in bundles} == {"checked"}


def test_a_damaged_bundle_is_not_signed(bundles, key, slipway):
    (bundles[0].folder / "golden.json").write_bytes(b"{}")
    told = slipway("keys", "sign")
    assert (told.code, "file 'golden.json': got 2 bytes" in told.err) == (1, True)
    assert not (bundles[0].folder / "manifest.sig").exists()


def test_without_a_key_nothing_is_signed(bundles, slipway, monkeypatch):
    monkeypatch.delenv("SLIPWAY_SIGNING_KEY_FILE", raising=False)
    told = slipway("keys", "sign")
    assert (told.code, "nothing is signed: set SLIPWAY_SIGNING_KEY" in told.err) == (1, True)
