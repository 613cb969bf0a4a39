"""Production takes only what was trained from a commit, and released from one."""

from pathlib import Path

import pytest

from platform_assets.errors import CodeNotCommitted
from platform_assets.release.provenance import require_committed, uncommitted
from resources.checkout import Code
from tests.support.releases import digest

COMMIT, ROOT = "c" * 40, Path("/checkout")
CLEAN = Code(COMMIT)


def test_committed_code_may_go_to_production():
    assert uncommitted("tiny", COMMIT, CLEAN, ROOT) == ""
    require_committed("tiny", digest("a"), COMMIT, CLEAN, ROOT)


@pytest.mark.parametrize(
    ("trained", "now", "said"),
    [
        (COMMIT, Code(COMMIT, ("a.py",)), "a.py of '/checkout' differ from commit cccccccccccc; c"),
        (COMMIT, Code("", problem="no repository"), "in no git repository of its own .no reposi"),
        (f"{COMMIT}-dirty", CLEAN, "it was trained from 'c{40}-dirty' and not from a commit"),
        ("unknown", CLEAN, "it was trained outside git and not from a commit"),
    ],
)
def test_everything_else_is_refused_with_what_helps(trained, now, said):
    with pytest.raises(CodeNotCommitted, match=said) as refused:
        require_committed("tiny", digest("a"), trained, now, ROOT)
    assert str(refused.value).endswith("slipway run tiny")
    assert digest("a") in str(refused.value)


def test_a_few_of_many_files_are_named():
    many = Code(COMMIT, tuple(f"{number}.py" for number in range(9)))
    assert "0.py, 1.py, 2.py and 6 more files" in uncommitted("tiny", COMMIT, many, ROOT)
