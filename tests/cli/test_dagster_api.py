"""Questions to Dagster, and what becomes of answers that are none."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from dagster_graphql.schema import create_schema
from graphql import parse, validate

from platform_assets.cli import queries
from platform_assets.cli.dagster_api import DagsterApi
from platform_assets.cli.errors import DagsterError, StackNotUp
from tests.support.fake_dagster import FakeDagster, page

LOADED = {
    "workspaceOrError": {
        "__typename": "Workspace",
        "locationEntries": [
            {
                "name": "slipway",
                "loadStatus": "LOADED",
                "locationOrLoadError": {
                    "__typename": "RepositoryLocation",
                    "repositories": [
                        {"name": "__repository__", "jobs": [{"name": "fraud_pipeline"}]}
                    ],
                },
            }
        ],
    }
}
BROKEN = {
    "workspaceOrError": {
        "__typename": "Workspace",
        "locationEntries": [
            {
                "name": "slipway",
                "loadStatus": "LOADED",
                "locationOrLoadError": {"__typename": "PythonError", "message": "no column 'x'\n"},
            }
        ],
    }
}


@contextmanager
def answering(data: Any, status: int = 200) -> Iterator[DagsterApi]:
    """A webserver that gives the same answer to every question."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            body = data if isinstance(data, bytes) else json.dumps({"data": data}).encode()
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Tests are quiet."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield DagsterApi(f"http://127.0.0.1:{server.server_port}")
        server.shutdown()
        thread.join()


def test_without_a_webserver_the_stack_is_not_up():
    with pytest.raises(StackNotUp, match="slipway up --detach"):
        DagsterApi("http://127.0.0.1:9").location_loaded()


@pytest.mark.parametrize(("body", "status"), [(b"oops", 200), (b"oops", 500)])
def test_an_answer_that_is_none_is_said(body, status):
    with answering(body, status) as api, pytest.raises(DagsterError, match="does not answer"):
        api.location_loaded()


def test_a_question_that_is_refused_is_said():
    body = json.dumps({"errors": [{"message": "Cannot query field"}]}).encode()
    with answering(body) as api, pytest.raises(DagsterError, match="Cannot query field"):
        api.location_loaded()


def test_a_location_counts_as_loaded_even_with_an_error_to_tell():
    with answering(LOADED) as api:
        assert api.location_loaded()
        assert api.location_errors() == {}
    with answering(BROKEN) as api:
        assert api.location_loaded()
        assert api.location_errors() == {"slipway": "no column 'x'\n"}


def test_a_job_that_does_not_exist_names_those_that_do():
    with answering(LOADED) as api, pytest.raises(DagsterError, match="it has: fraud_pipeline"):
        api.launch("froud_pipeline", {})


def test_a_job_cannot_be_found_in_code_that_does_not_load():
    with answering(BROKEN) as api, pytest.raises(DagsterError, match="no column 'x'"):
        api.launch("fraud_pipeline", {})


def test_code_that_does_not_load_anew_is_said():
    done = {"reloadWorkspace": {"__typename": "Workspace"}}
    with answering(done | LOADED) as api:
        api.reload()
    wanted = pytest.raises(DagsterError, match="cannot load the code: no column 'x'")
    with answering(done | BROKEN) as api, wanted:
        api.reload()


def beats(*parts: tuple[bool, bool, float]) -> dict[str, Any]:
    keys = ("required", "healthy", "lastHeartbeatTime")
    statuses = [dict(zip(keys, part, strict=True)) | {"daemonType": "X"} for part in parts]
    return {"instance": {"daemonHealth": {"allDaemonStatuses": statuses}}}


@pytest.mark.parametrize(
    ("parts", "alive"),
    [
        ([(True, True, 11.0)], True),
        ([(True, True, 11.0), (False, False, 0.0)], True),
        ([(True, True, 9.0)], False),
        ([(True, False, 11.0)], False),
        ([], False),
    ],
)
def test_a_daemon_lives_by_heartbeats_of_its_own(parts, alive):
    with answering(beats(*parts)) as api:
        assert api.daemon_beats_since(10.0) is alive


def test_why_a_run_failed_is_the_innermost_message():
    step = {
        "__typename": "ExecutionStepFailureEvent",
        "stepKey": "fraud__raw",
        "error": {"message": "outer", "causes": [{"message": "middle"}, {"message": "inner\n"}]},
    }
    with answering(failures(step)) as api:
        assert api.failure("r1") == "fraud__raw: inner"


RUN = {
    "runId": "r1",
    "jobName": "fraud_pipeline",
    "status": "FAILURE",
    "creationTime": 5.0,
    "startTime": 6.0,
    "endTime": None,
    "tags": [{"key": "dagster/will_retry", "value": "true"}],
    "stepStats": [
        {"stepKey": "fraud__raw", "status": None, "startTime": 6.0, "endTime": None},
    ],
}


def test_a_run_is_told_with_its_steps_and_what_dagster_does_next():
    with answering({"runsOrError": {"__typename": "Runs", "results": [RUN]}}) as api:
        (run,) = api.runs({"slipway/model": "fraud"})
    assert (run.run_id, run.unfinished, run.will_be_retried) == ("r1", False, True)
    (step,) = run.steps
    assert (step.name, step.status, step.started, step.ended) == ("fraud__raw", "", 6.0, None)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"__typename": "PythonError", "message": "database is locked\n"}, "database is locked"),
        (
            {
                "__typename": "RunConfigValidationInvalid",
                "errors": [{"message": "a"}, {"message": "b"}],
            },
            "a; b",
        ),
    ],
)
def test_an_answer_of_another_kind_is_told_in_dagsters_words(answer, said):
    kind = answer["__typename"]
    with (
        answering({"runsOrError": answer}) as api,
        pytest.raises(DagsterError, match=f"Dagster answered {kind}: {said}$"),
    ):
        api.runs({})


def failures(*events: dict[str, Any]) -> dict[str, Any]:
    return {"logsForRun": page(list(events))}


def test_a_run_that_failed_before_its_first_step_is_told_by_its_ending():
    ending = {"__typename": "RunFailureEvent", "message": "the process is gone"}
    with answering(failures({"__typename": "EngineEvent"}, ending)) as api:
        assert api.failure("r1") == "the process is gone"


def test_a_failed_step_without_a_cause_is_told_by_its_own_message():
    error = {"message": "no space left\n", "causes": []}
    step = {"__typename": "ExecutionStepFailureEvent", "stepKey": "fraud__raw", "error": error}
    with answering(failures(step)) as api:
        assert api.failure("r1") == "fraud__raw: no space left"


def test_every_question_is_one_that_dagster_knows():
    values = [value for name, value in vars(queries).items() if name.isupper()]
    questions = [one for one in values if str(one).startswith(("{", "query", "mutation"))]
    schema = create_schema().graphql_schema
    assert len(questions) == 8
    assert [validate(schema, parse(one)) for one in questions] == [[]] * len(questions)


def evaluation(name: str, *, success: bool, step: str = "fraud__evaluation_report"):
    told = {"checkName": name, "success": success, "description": f"{name} is said"}
    return {"__typename": "AssetCheckEvaluationEvent", "stepKey": step, "evaluation": told}


def test_a_step_that_checks_stopped_is_told_by_what_they_say():
    """Dagster's own message names the checks alone, and a person had to look for the reason."""
    message = "2 blocking asset checks failed with ERROR severity:\nfraud: mae_reaches,slices_hold"
    checks = [
        evaluation("mae_reaches", success=False),
        evaluation("mae_beats_dummy", success=True),
        evaluation("slices_hold", success=False),
        evaluation("card_is_complete", success=False),
        evaluation("mae_reaches", success=False, step="fraud__training_set"),
    ]
    error = {"message": message, "causes": []}
    step = {"__typename": "ExecutionStepFailureEvent", "error": error}
    with answering(failures(*checks, step | {"stepKey": "fraud__evaluation_report"})) as api:
        assert api.failure("r1") == (
            "fraud__evaluation_report: mae_reaches: mae_reaches is said; "
            "slices_hold: slices_hold is said"
        )


def test_a_failure_that_nobody_recorded_is_said_to_be_unrecorded():
    with answering(failures()) as api:
        assert api.failure("r1") == "no failure is recorded"


def test_what_stands_behind_the_first_page_of_a_run_is_read_too():
    """Of a run with more than 1000 events, checks that failed and its ending were not seen."""
    checks = [(True, "all there"), (True, "none twice"), (False, "2 scores beyond 1")]
    with FakeDagster(checks=checks, page_events=2, failure="the disk is full") as fake:
        api = DagsterApi(f"http://127.0.0.1:{fake.port}")
        assert [one.passed for one in api.found("r1")] == [True, True, False]
        assert api.failure("r1") == "the disk is full"


def test_a_workspace_that_is_still_loading_is_not_loaded():
    loading = json.loads(json.dumps(LOADED))
    loading["workspaceOrError"]["locationEntries"][0]["loadStatus"] = "LOADING"
    empty = {"workspaceOrError": {"__typename": "Workspace", "locationEntries": []}}
    for answer in (loading, empty):
        with answering(answer) as api:
            assert not api.location_loaded()
