"""Which types a skops model may be made of.

A manifest lists the types its model needs. That list proves nothing about the types: whoever wrote
the bundle wrote it too. So each name on it must also be allowed here, by where it comes from.
"""

from collections.abc import Iterable

LIBRARIES = ("sklearn.", "numpy.", "scipy.")
MODELS = "platform_assets.defs."
# Calls nothing while it is loaded, and what it holds is judged by its own name; scikit-learn's
# histogram boosting keeps one where it has native categories.
HARMLESS = ("functools.partial",)
# Inside the libraries, but made to run code, read or write files, or reach the network.
FORBIDDEN = (
    "numpy.DataSource",
    "numpy.core.records.fromfile",
    "numpy.ctypeslib",
    "numpy.distutils",
    "numpy.f2py",
    "numpy.fromfile",
    "numpy.genfromtxt",
    "numpy.lib._datasource",
    "numpy.lib._npyio",
    "numpy.lib._utils_impl",
    "numpy.lib.format",
    "numpy.lib.npyio",
    "numpy.load",
    "numpy.memmap",
    "numpy.rec.fromfile",
    "numpy.save",
    "numpy.testing",
    "scipy._lib._ccallback",
    "scipy.datasets",
    "scipy.io",
    "sklearn.datasets",
    "sklearn.externals",
    "sklearn.utils._testing",
)


def may_be_trusted(name: str, model: str, also: Iterable[str] = ()) -> bool:
    """May this type be part of a bundle of `model`?

    scikit-learn, numpy and scipy may, but for what reads, writes or runs; so may the code of the
    model's own folder, `functools.partial`, and whatever `also` names in full.
    """
    if name in {*HARMLESS, *also}:
        return True
    if name.startswith(FORBIDDEN):
        return False
    return name.startswith((*LIBRARIES, f"{MODELS}{model}."))


def refused(names: Iterable[str], model: str, also: Iterable[str] = ()) -> list[str]:
    """Those of the names that may not be trusted, sorted."""
    also = tuple(also)
    return sorted(name for name in set(names) if not may_be_trusted(name, model, also))
