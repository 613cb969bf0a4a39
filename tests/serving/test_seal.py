"""A signature beside the manifest: asked for where a public key is set, ignored elsewhere."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from serving.bundle import open_bundle, write_bundle
from serving.errors import BundleMissing, Unsigned, WronglySigned
from serving.manifest import SEAL
from serving.rollout import Rollout
from serving.seal import name_of, private_key, public_keys, seal
from tests.serving.conftest import user_config
from tests.support.bundles import line_contents

OURS, THEIRS = (Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32) for seed in (1, 2))
ACCEPTED = (OURS.public_key(),)


def pem(key):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.fixture
def signed(line):
    seal(line.folder, line.digest, OURS)
    return line


def test_a_signed_bundle_is_opened_and_says_so(signed):
    opened = open_bundle(signed.folder, signed.digest, ACCEPTED)
    assert (opened.signed, opened.digest) == ("checked", signed.digest)


def test_without_a_key_a_signature_is_not_looked_at_and_that_is_said(line):
    assert open_bundle(line.folder, line.digest).signed == "no"
    (line.folder / SEAL).write_bytes(b"anything")
    assert open_bundle(line.folder, line.digest).signed == "unchecked"


def test_a_bundle_without_a_signature_is_refused_where_one_is_asked_for(line):
    with pytest.raises(Unsigned, match=r"manifest\.sig is not there.*slipway keys sign"):
        open_bundle(line.folder, line.digest, ACCEPTED)


def test_a_signature_by_another_key_is_refused(line):
    seal(line.folder, line.digest, THEIRS)
    with pytest.raises(WronglySigned, match="no signature of this digest") as refused:
        open_bundle(line.folder, line.digest, ACCEPTED)
    assert name_of(ACCEPTED[0]) in str(refused.value)


def test_the_signature_of_another_bundle_is_refused(signed, tmp_path):
    other = write_bundle(tmp_path / "other", line_contents(bias=1.0))
    (other.folder / SEAL).write_bytes((signed.folder / SEAL).read_bytes())
    with pytest.raises(WronglySigned, match="no signature of this digest"):
        open_bundle(other.folder, other.digest, ACCEPTED)


@pytest.mark.parametrize("place", range(0, 88, 3))
def test_a_signature_with_one_flipped_bit_is_refused(place, signed):
    path = signed.folder / SEAL
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)
    with pytest.raises(WronglySigned, match="expected one by a key"):
        open_bundle(signed.folder, signed.digest, ACCEPTED)


@pytest.mark.parametrize("data", [b"", b"\x80\x04N.", base64.b64encode(b"short"), b"A" * 5000])
def test_what_is_no_signature_is_refused(data, line):
    (line.folder / SEAL).write_bytes(data)
    with pytest.raises(WronglySigned, match=r"manifest\.sig: got no"):
        open_bundle(line.folder, line.digest, ACCEPTED)


def test_a_link_to_a_signature_is_refused(signed, tmp_path):
    path = signed.folder / SEAL
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(WronglySigned, match="no regular file"):
        open_bundle(signed.folder, signed.digest, ACCEPTED)


def test_while_keys_change_either_is_accepted(line):
    both = (OURS.public_key(), THEIRS.public_key())
    for key in (OURS, THEIRS, OURS):
        seal(line.folder, line.digest, key)
        assert open_bundle(line.folder, line.digest, both).signed == "checked"


def test_signing_again_gives_the_same_file_and_the_same_bundle(signed):
    before = (signed.folder / SEAL).read_bytes()
    seal(signed.folder, signed.digest, OURS)
    assert (signed.folder / SEAL).read_bytes() == before
    assert sorted(one.name for one in signed.folder.parent.iterdir()) == [signed.folder.name]
    assert (signed.folder / SEAL).stat().st_mode & 0o777 == 0o644


def test_a_folder_that_is_not_there_cannot_be_signed(tmp_path):
    with pytest.raises(BundleMissing, match="nothing is not there"):
        seal(tmp_path / "nothing", "sha256:" + "0" * 64, OURS)


def test_a_private_key_is_read_as_pem_or_as_its_bytes():
    text = base64.b64encode(OURS.private_bytes_raw()).decode()
    for given in (pem(OURS), f" {text}\n"):
        assert private_key(given).private_bytes_raw() == OURS.private_bytes_raw()


@pytest.mark.parametrize(
    "text", ["", "hunter2", "AAAA", pem(generate_private_key(SECP256R1())), "-----BEGIN X-----"]
)
def test_what_is_no_key_is_refused_without_repeating_it(text):
    with pytest.raises(ValueError, match="got") as refused:
        private_key(text)
    assert not text.strip() or text.strip() not in str(refused.value)


def test_public_keys_stand_with_commas_between():
    names = [name_of(key.public_key()) for key in (OURS, THEIRS)]
    assert [name_of(key) for key in public_keys(", ".join(names))] == names
    assert public_keys("") == ()
    with pytest.raises(ValueError, match="expected 32 bytes in base64"):
        public_keys("AAAA")


@pytest.mark.anyio
async def test_a_replica_with_a_key_takes_signed_bundles_alone(line, tmp_path):
    rollout = Rollout("line", keys=ACCEPTED)
    seal(line.folder, line.digest, OURS)
    await rollout.apply(user_config(line))
    unsigned = write_bundle(tmp_path / "other", line_contents(bias=1.0))
    await rollout.apply(user_config(unsigned, "2"))
    assert rollout.live.digest == line.digest
    assert rollout.refused.reason.startswith("Unsigned: ")
