"""The board's pages as a browser gets them."""

import html
import threading
from dataclasses import replace

import pytest

from gitops.errors import ForgeUnavailable
from gitops.holds import hold
from platform_assets.board.gather import SourceDown
from tests.board.conftest import LONG
from tests.support.fake_dagster import FakeDagster, run
from tests.support.releases import digest


def test_each_model_and_environment_has_its_card(busy):
    page = busy.ask().text
    assert page.count("<article") == 4
    assert all(f'id="{name}"' in page for name in ("diabetes", "fraud"))
    assert "average_precision" not in page


def test_the_card_tells_what_is_live_why_and_who_is_waited_for(busy):
    shown = busy.ask("/board.json").json()
    fraud = next(one for one in shown["models"] if one["name"] == "fraud")
    production = fraud["cards"][1]
    facts = {one["name"]: one for one in production["facts"]}
    assert (production["health"], facts["live version"]["value"]) == ("healthy", "1")
    assert facts["live version"]["detail"] == "a" * 12
    assert facts["because"]["detail"] == "promotion by ann"
    assert production["step"] == {
        "what": "promotion 2 to be approved",
        "whom": "a person",
        "command": "slipway promotions show 2",
    }
    assert shown["waiting"][0]["model"] == "fraud"


def test_figures_tell_latency_quality_and_drift_with_their_evidence(busy):
    shown = busy.ask("/board.json").json()
    fraud = next(one for one in shown["models"] if one["name"] == "fraud")
    lines = {one["name"]: one for one in fraud["cards"][1]["lines"]}
    assert lines["latency p99"]["value"] == "4.69 ms"
    assert (lines["requests"]["value"], lines["requests"]["detail"]) == ("67", "1 failed, per 1 h")
    assert lines["drift"]["value"] == "1 of 2 beyond"
    assert (lines["drift"]["detail"], lines["drift"]["tone"]) == ("amount", "bad")
    assert lines["live average precision"]["value"] == "0.14"
    assert lines["drift"]["href"] == "http://127.0.0.1:3000/assets/fraud/monitoring"


def test_a_model_shows_its_test_score_and_the_check_that_failed(busy):
    shown = busy.ask("/board.json").json()
    fraud = next(one for one in shown["models"] if one["name"] == "fraud")
    score, checks = fraud["facts"]
    assert score["value"] == "6 of 7"
    assert score["detail"].startswith("data 6.5, monitoring 6")
    assert (checks["value"], checks["detail"]) == ("1 of 2 passed", "cleaned: few_broken")
    assert checks["href"].endswith("/assets/fraud/cleaned?view=checks")


def test_a_held_digest_leads_to_its_file_in_git(changing):
    hold(changing.at.forge, "production", "fraud", digest("c"), "p99 <too> slow", by="ann")
    page = changing.ask().text
    assert "cccccccccccc" in page
    assert html.escape("p99 <too> slow") in page
    assert "digest: sha256:cccc" in changing.ask("/git/production/fraud/holds").text


def test_a_change_and_a_promotion_can_be_read_as_git_has_them(busy):
    head = busy.at.forge.last_change(
        "gitops/environments/production/fraud.yaml", busy.at.forge.head()
    )
    change = busy.ask(f"/git/production/fraud/{head.revision}")
    assert "kind: RayService" in change.text
    assert "Promotion 2" in busy.ask("/git/promotions/2").text


@pytest.mark.parametrize(
    "path",
    ["/git/production/fraud/" + "0" * 40, "/git/production/fraud/--all", "/git/promotions/9",
     "/git/production/fraud/holds", "/git/production/..%2f..%2fpolicy/holds", "/nothing",
     "/git/production/fraud%00/" + "0" * 40, "/git/a%00/fraud/holds", "/git/%2e%2e/%2e%2e/holds"],
)  # fmt: skip
def test_what_git_does_not_have_is_not_found(busy, path):
    assert busy.ask(path).status_code == 404


@pytest.mark.parametrize("path", ["/", "/board.json", "/style.css", "/nothing"])
def test_every_answer_forbids_the_browser_to_fetch_anything_elsewhere(around, path):
    headers = around.ask(path).headers
    assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


def test_a_page_under_another_sites_name_is_refused(around):
    assert around.ask(headers={"host": "evil.example"}).status_code == 400


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_changed(around, method):
    answers = [around.ask(path, method=method).status_code for path in ("/", "/git/promotions/1")]
    assert answers == [405, 405]


def test_words_from_git_are_shown_as_words(changing):
    evil = "<script>alert(1)</script>"
    changing.at.forge.close(2, evil)
    hold(changing.at.forge, "staging", "fraud", digest("d"), evil, by=evil)
    for path in ("/", "/git/promotions/2", "/git/staging/fraud/holds"):
        page = changing.ask(path).text
        assert evil not in page
        assert html.escape(evil) in page


def down():
    raise SourceDown("MLflow", "http://127.0.0.1:5000", "refused")


def test_a_source_that_is_down_says_so_and_the_others_are_shown(busy):
    page = replace(busy, mlflow=down).ask()
    assert page.status_code == 200
    assert "MLflow at http://127.0.0.1:5000 does not answer: refused" in page.text
    assert "latency p99" in page.text


def test_a_run_under_way_is_shown_however_many_have_ended_since(around):
    ended = [run(f"r{number}", "SUCCESS") for number in range(60)]
    around.dagster.runs = [*ended, run("old", "STARTED", slipway__model="fraud")]
    shown = around.ask("/board.json").json()
    facts = next(one["facts"] for one in shown["models"] if one["name"] == "fraud")
    assert [one["href"] for one in facts if one["name"] == "run"] == [
        "http://127.0.0.1:3000/runs/old"
    ]


def test_what_dagster_has_not_said_is_left_out(busy):
    silent = replace(busy, dagster=FakeDagster())
    silent.dagster.__enter__()
    silent.dagster.__exit__()
    shown = silent.ask("/board.json").json()
    assert [one["facts"] for one in shown["models"]] == [[], []]
    assert "Dagster does not answer" in str(shown["sources"])


def test_serve_that_is_down_leaves_what_git_says(busy):
    busy.at.serve.outage = True
    try:
        shown = busy.ask("/board.json").json()
    finally:
        busy.at.serve.outage = False
    fraud = next(one for one in shown["models"] if one["name"] == "fraud")
    assert [one["health"] for one in fraud["cards"]] == ["unknown", "unknown"]


def test_git_that_is_down_is_no_error_of_the_page(busy):
    def look():
        raise ForgeUnavailable("https://git.example", "refused")

    page = replace(busy, git=look).ask()
    assert page.status_code == 200
    assert "Git has not said yet what is to be live." in page.text
    assert "git.example" in page.text


def test_a_source_that_hangs_keeps_no_page_waiting(busy):
    answered = threading.Event()
    hanging = replace(busy, mlflow=lambda: answered.wait(LONG) and {})
    try:
        shown = hanging.ask("/board.json", patience=0.0).json()
    finally:
        answered.set()
    standing = {one["name"]: one["standing"] for one in shown["sources"]}
    assert standing["MLflow"] == "asked"
