import functools
import os

import pytest
from skops.io import dumps, get_untrusted_types

from serving.trust import may_be_trusted, refused


@pytest.mark.parametrize(
    "name",
    [
        "sklearn.tree._tree.Tree",
        "numpy.dtype",
        "scipy.special._ufuncs.expit",
        "platform_assets.defs.fraud.estimator.Ratio",
    ],
)
def test_libraries_and_the_folder_of_the_model_may_be_trusted(name):
    assert may_be_trusted(name, "fraud")


def test_a_partial_may_and_what_it_holds_is_judged_by_its_own_name():
    assert may_be_trusted("functools.partial", "fraud")
    held = get_untrusted_types(data=dumps(functools.partial(os.system, "true")))
    assert refused(held, "fraud") == ["posix.system"]


@pytest.mark.parametrize(
    "name",
    [
        "os.system",
        "builtins.eval",
        "subprocess.Popen",
        "functools.partialmethod",
        "sklearnish.tree.Tree",
        "numpy",
        "numpy.load",
        "numpy.fromfile",
        "numpy.memmap",
        "scipy.io.loadmat",
        "sklearn.datasets._base.load_files",
        "platform_assets.defs.diabetes.estimator.Ratio",
        "platform_assets.defs.fraudulent.Ratio",
        "platform_assets.cli.main.main",
    ],
)
def test_nothing_else_may(name):
    assert not may_be_trusted(name, "fraud")
    assert may_be_trusted(name, "fraud", [name])


def test_a_name_is_trusted_in_full_or_not_at_all():
    assert refused(["os.system", "os.popen", "numpy.dtype"], "fraud", ["os.system"]) == ["os.popen"]
    assert refused(["os.system"], "fraud", ["os"]) == ["os.system"]
