"""A candidate becomes a bundle once, and the entry stands only if serving can answer with it."""

import shutil
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from platform_assets.model.fitted import KIND as CANDIDATES
from platform_assets.model.registry_entry import decide_once, golden_check, parity_table, vouch
from resources.artifacts import Artifacts
from serving.bundle import open_bundle
from serving.seal import name_of
from tests.model.conftest import workshop_at


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    """One bundle for all tests that leave it as it is."""
    workshop = workshop_at(tmp_path_factory.mktemp("workshop"))
    return workshop, workshop.entry()


@pytest.fixture
def made(once, tmp_path):
    """A copy of that bundle, to do anything to."""
    workshop, entry = once
    copied = shutil.copytree(workshop.artifacts.bundles("tiny").parents[1], tmp_path / "artifacts")
    return replace(workshop, artifacts=Artifacts(copied)), entry


def opened(workshop, entry):
    digest = entry["bundle_digest"]
    return open_bundle(workshop.artifacts.bundle_folder("tiny", digest), digest)


def test_the_bundle_promises_what_the_contract_says(made):
    signature = opened(*made).signature
    columns = {one.name: (one.type, one.nullable, one.categories) for one in signature.columns}
    assert columns == {
        "amount": ("float", True, None),
        "channel": ("string", False, ("web", "shop")),
    }
    assert (signature.model, signature.task, signature.classes) == ("tiny", "binary", ("0", "1"))


def test_the_bundle_carries_golden_rows_a_reference_and_its_environment(made):
    bundle = opened(*made)
    assert 8 < len(bundle.golden.rows) == len(bundle.golden.scores) <= 16
    assert bundle.reference
    assert set(bundle.environment) == {"lock", "python"}


def test_what_was_decided_says_why_and_by_how_much(made):
    _, entry = made
    assert entry["runtime"] == "onnx"
    assert "ONNX agrees with scikit-learn" in entry["why_runtime"]
    assert 0 <= entry["largest_difference"] <= 1e-4


def test_a_candidate_is_decided_once_and_read_from_its_note_afterwards(made):
    workshop, entry = made
    shutil.rmtree(workshop.artifacts.folder(CANDIDATES, "tiny", entry["candidate_key"]))
    again = decide_once(workshop.folder, workshop.lake, workshop.artifacts, entry)
    assert again["digest"] == entry["bundle_digest"]


def test_a_stricter_parity_decides_anew(made):
    workshop, entry = made
    strict = workshop.of(serving={"parity": 1e-12})
    again = decide_once(strict.folder, strict.lake, strict.artifacts, entry)
    assert again["runtime"] == "skops"
    assert "more than 1e-12" in again["why_runtime"]
    assert again["digest"] != entry["bundle_digest"]


def test_a_bundle_that_answers_its_golden_rows_passes(made):
    workshop, entry = made
    result = golden_check(workshop.folder, workshop.artifacts, entry["bundle_digest"])
    assert result.passed
    assert result.metadata["bundle_digest"].value == entry["bundle_digest"]


@pytest.mark.parametrize("name", ["model.onnx", "golden.json", "manifest.json"])
def test_a_bundle_that_lost_a_file_fails_and_names_it(name, made):
    workshop, entry = made
    digest = entry["bundle_digest"]
    (workshop.artifacts.bundle_folder("tiny", digest) / name).unlink()
    result = golden_check(workshop.folder, workshop.artifacts, digest)
    assert not result.passed
    assert f"{name} is not there" in result.description


def test_an_entry_says_for_each_kind_of_rows_how_far_onnx_was_off(made):
    _, entry = made
    table = parity_table(entry["parity"])
    told = {record.data["kind"]: record.data for record in table.records}
    assert {"holdout", "nulls", "categories", "ends of the training range"} <= told.keys()
    assert {row["runtime"] for row in told.values()} == {"onnx"}
    assert told["holdout"]["largest"] == entry["largest_difference"]
    assert all(row["over"] == 0 for row in told.values())


def test_an_entry_is_signed_once_there_is_a_key_and_stays_the_same_bundle(made):
    workshop, entry = made
    digest = entry["bundle_digest"]
    folder = workshop.artifacts.bundle_folder("tiny", digest)
    assert vouch(folder, digest, None) == "nobody"
    assert opened(workshop, entry).signed == "no"
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    assert vouch(folder, digest, key) == vouch(folder, digest, key) == name_of(key.public_key())
    assert open_bundle(folder, digest, [key.public_key()]).signed == "checked"
