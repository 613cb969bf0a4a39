import numpy as np
import pytest

from platform_assets.ml.stress import MOST_ROWS, stress, stress_sentence
from serving.errors import InvalidInput
from serving.signature import Signature
from tests.ml.examples import CLASSES, COLUMNS, signature, table


class Cliff:
    """Trusts `amount` alone: from 50 upwards the answer is yes. It cannot do without an age."""

    def score(self, columns):
        if np.isnan(columns["age"]).all():
            raise InvalidInput("age", None, "nothing", "an age")
        return np.where(columns["amount"] >= 50, 0.9, 0.1)


class Flat:
    def __init__(self, answer):
        self.answer = np.asarray(answer)

    def score(self, columns):
        return np.repeat(self.answer[None], len(columns["amount"]), axis=0)


def asked(task="binary", scorer=None, rows=400):
    frame, signal = table(rows)
    columns = {name: frame[name].to_numpy() for name in frame}
    return stress(signature(task), (signal > 60).astype(int), columns, scorer or Cliff())


def test_the_worst_change_comes_first_with_the_decisions_that_flip():
    worst = asked()[0]
    assert (worst.feature, worst.change) == ("amount", "1000 times too small")
    assert worst.flipped == pytest.approx(0.5, abs=0.1)
    assert worst.moved == pytest.approx(0.8 * worst.flipped)


def test_only_what_may_be_missing_goes_missing_and_only_numbers_change_their_unit():
    changes = {(one.feature, one.change) for one in asked()}
    assert {feature for feature, change in changes if change == "missing"} == {"age"}
    assert {feature for feature, _ in changes} == {"amount", "age"}
    assert len(changes) == 7


def test_what_the_model_refuses_comes_last_and_is_said():
    last = asked()[-1]
    assert (last.feature, last.change, last.moved) == ("age", "missing", None)


def test_a_regression_has_no_decisions():
    found = asked("regression")
    assert {one.flipped for one in found} == {None}
    assert "flips" not in stress_sentence(found)


def test_of_several_classes_the_probability_that_changes_place_is_told():
    class Turns:
        def score(self, columns):
            low = np.tile([0.6, 0.3, 0.1], (len(columns["amount"]), 1))
            return np.where((columns["amount"] > 1_000)[:, None], low[:, ::-1], low)

    worst = asked("multiclass", Turns())[0]
    assert (worst.flipped, worst.change) == (pytest.approx(1, abs=0.1), "1000 times too large")
    assert worst.moved == pytest.approx(0.5 * worst.flipped)


def test_a_model_that_nothing_moves_is_said_to_be_so():
    found = asked(scorer=Flat(0.3))
    assert {one.moved for one in found if one.moved is not None} == {0.0}
    assert stress_sentence(found) == "No such change moves a score."


def test_the_sentence_names_feature_change_and_what_it_does():
    assert stress_sentence(asked()).startswith("Worst: amount 1000 times too small moves scores")


def test_a_word_that_may_be_missing_is_taken_away_too():
    words = COLUMNS[2].model_copy(update={"nullable": True})
    sign = Signature(model="toy", task="binary", columns=(words,), classes=CLASSES["binary"])

    class Strict:
        def score(self, columns):
            return np.array([0.1 if one is None else 0.9 for one in columns["country"]])

    country = np.array(["de"] * (MOST_ROWS + 50), dtype=object)
    found = stress(sign, np.zeros(len(country)), {"country": country}, Strict())
    assert [(one.change, one.flipped) for one in found] == [("missing", 1.0)]
