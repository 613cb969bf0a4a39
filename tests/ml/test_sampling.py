import numpy as np

from platform_assets.ml.sampling import some_rows

RARE = (np.arange(10_000) % 100 == 0).astype(int)


def test_few_rows_are_all_taken():
    assert some_rows(RARE[:50], 50, classes=True).tolist() == list(range(50))


def test_a_rare_class_keeps_its_share_in_a_sample():
    kept = some_rows(RARE, 1_000, classes=True)
    assert (len(kept), RARE[kept].sum()) == (1_000, 10)
    assert (np.diff(kept) > 0).all()


def test_a_class_of_one_row_stays():
    y = np.zeros(10_000)
    y[7] = 1
    assert 7 in some_rows(y, 100, classes=True)


def test_equal_seeds_give_equal_rows_and_others_others():
    first, again, other = (some_rows(RARE, 500, classes=False, seed=one) for one in (1, 1, 2))
    assert first.tolist() == again.tolist()
    assert first.tolist() != other.tolist()
