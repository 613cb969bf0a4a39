"""What production will refuse is told before anything is trained."""

import pytest

from platform_assets.cli import doctor
from platform_assets.cli.committed import hindrance
from platform_assets.cli.models import model_folders
from tests.support.checkouts import committed, write


@pytest.fixture
def checkout(tmp_path):
    return committed(tmp_path / "checkout")


def test_committed_code_is_no_hindrance(checkout):
    assert hindrance(checkout, "tiny") == ""


def test_a_changed_file_is_named_with_what_helps(checkout):
    write(checkout.root, "platform_assets/defs/tiny/model.py", "# changed\n")
    told = hindrance(checkout, "tiny")
    assert "platform_assets/defs/tiny/model.py of " in told
    assert told.endswith("slipway run tiny")
    assert hindrance(checkout, "other") == ""


def test_the_doctor_looks_at_the_code_of_each_model(layout):
    found = {one.what: one for one in doctor.look_at_code(layout)}
    assert set(found) == {f"code of {model}" for model in model_folders()}
    assert all((one.level == "ok") == (one.todo == "") for one in found.values())
