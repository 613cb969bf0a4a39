import numpy as np
import pytest

from platform_assets.ml.probes import probe
from tests.ml.examples import signature, table


class Amount:
    def score(self, columns):
        return np.clip(columns["amount"] / 100, 0, 1)


@pytest.mark.parametrize(("task", "main"), [("binary", "roc_auc"), ("regression", "mae")])
def test_every_question_is_answered_on_the_rows_that_are_said(task, main):
    frame, signal = table()
    columns = {name: frame[name].to_numpy() for name in frame}
    y = (signal > 60).astype(int) if task == "binary" else signal
    found = probe(signature(task), main, y, Amount().score(columns), columns, Amount())
    assert found.importances[0].feature == "amount"
    assert found.stress[0].feature == "amount"
    assert (found.importance_rows, found.stress_rows) == (400, 400)
    assert sum(tenth.rows for tenth in found.calibration.tenths) == 400
