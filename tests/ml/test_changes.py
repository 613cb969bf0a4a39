from platform_assets.ml.changes import Change, changes


def test_only_what_differs_is_listed_in_the_order_of_the_candidate():
    before = {"alpha": "1", "rows": "400", "code": "abc"}
    after = {"rows": "500", "alpha": "1", "code": "def"}
    assert changes(before, after) == [Change("rows", "400", "500"), Change("code", "abc", "def")]


def test_what_one_of_them_lacks_is_a_dash():
    assert changes({"old": "1"}, {"new": "2"}) == [Change("new", "-", "2"), Change("old", "1", "-")]


def test_equal_models_differ_in_nothing():
    assert changes({"a": "1"}, {"a": "1"}) == []
