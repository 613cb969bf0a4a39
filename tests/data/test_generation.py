import os
import subprocess
import sys
from dataclasses import replace

import pandera.pandas as pandera
import pytest

from platform_assets.data.contract import Contract
from platform_assets.data.generation import generation
from tests.support.tiny import tiny


def of(folder, **source):
    spec = folder.spec.model_copy(update={"source": folder.spec.source.model_copy(update=source)})
    folder = replace(folder, spec=spec)
    contract = Contract.of(folder.contract, spec.id, trim=spec.source.trim)
    return generation(folder, contract)


def with_column(**changes):
    amount = pandera.Column(**({"dtype": float, "nullable": True} | changes))
    return of(replace(tiny(), contract=tiny().contract.add_columns({"amount": amount})))


def test_it_is_a_number_that_a_table_can_carry():
    assert 0 <= of(tiny()) < 2**63
    assert of(tiny()) == of(tiny())


@pytest.mark.parametrize(
    "changes",
    [
        {"delimiter": ";"},
        {"encoding": "latin-1"},
        {"nulls": ["NA"]},
        {"trim": True},
        {"header": ["order", "amount", "channel", "returned"]},
        {"max_quarantined": 0.5},
    ],
)
def test_how_files_are_read_decides(changes):
    assert of(tiny(), **changes) != of(tiny())


@pytest.mark.parametrize(
    "changes",
    [{"location": "s3://b/x"}, {"pattern": "*.txt"}, {"batch_files": 1}, {"warn_quarantined": 0}],
)
def test_what_brings_files_decides_nothing(changes):
    assert of(tiny(), **changes) == of(tiny())


@pytest.mark.parametrize(
    "changes",
    [
        {"nullable": False},
        {"dtype": int},
        {"checks": pandera.Check.ge(0)},
        {"checks": pandera.Check.ge(1)},
        {"checks": pandera.Check.isin({1.0, 2.0})},
        {"checks": pandera.Check(lambda values: values > 0, name="positive")},
        {"metadata": {"decimal": ","}},
        {"metadata": {"notation": "money"}},
    ],
)
def test_what_a_column_asks_for_decides(changes):
    assert with_column(**changes) != with_column()


def test_who_a_value_is_about_decides_nothing():
    assert with_column(metadata={"personal": True}) == with_column()


def test_the_code_of_the_contract_decides(tmp_path):
    """A check's function has no name that tells two versions of it apart."""
    folder = replace(tiny(), path=tmp_path)
    (tmp_path / "contract.py").write_text("LIMIT = 1\n")
    before = of(folder)
    (tmp_path / "contract.py").write_text("LIMIT = 2\n")
    assert of(folder) != before


def test_the_key_decides():
    assert of(tiny(id=None)) != of(tiny())


DESCRIBE = """
import pandera.pandas as pandera
from platform_assets.data.contract import Contract
from platform_assets.data.generation import described
check = pandera.Check.isin({"chip", "swipe", "contactless", "online"})
print(described(Contract.of(pandera.DataFrameSchema({"x": pandera.Column(str, check)})), "x"))
"""


@pytest.mark.slow
def test_every_process_describes_a_contract_in_the_same_words():
    """A set has another order in each process: all deliveries were judged anew in each run."""
    said = {
        subprocess.run(
            [sys.executable, "-c", DESCRIBE],
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            check=True,
            capture_output=True,
        ).stdout
        for seed in (1, 2)
    }
    assert len(said) == 1
