"""The door before the ingress, as a client meets it: no token, the wrong one, the right one."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources.inference import probe_id
from serving.access.callers import Callers
from serving.access.grants import OWN, PROBE, Grants, grant_for, new_token
from serving.access.guard import Guard
from serving.door import Door
from serving.errors import Unauthorized
from serving.ingress import Ingress
from serving.settings import ServingSettings
from tests.serving.conftest import rolled_out

pytestmark = pytest.mark.anyio
ROW = {"instances": [{"a": 1, "b": 2}]}
GRANTS = Grants(
    tokens=(
        grant_for("all", "ops"),
        grant_for("ours", OWN),
        grant_for("infers", "shop", ("line",)),
        grant_for("reads", "board", ("line",), "read"),
        grant_for("other", "bank", ("fraud",)),
        grant_for("seldom", "batch", rate="3/hour"),
        grant_for("twice", "nightly", rate="1000/second; 2/day"),
    )
)
OPEN = ("v2/health/live", "v2/health/ready", "ping", "health", "docs", "v2/models/line/ready")
READ = ("v2", "v2/models/line", "v2/models/line/versions/1", "openapi.json", "version", "nowhere")
POST = ("invocations", "v2/models/line/infer", "v2/models/line/versions/1/infer", "v2/health/ready")


def shown(token, scheme="Bearer"):
    return {"authorization": f"{scheme} {token}"}


@pytest.fixture
async def ask(line):
    rollout = await rolled_out(line)
    guard = Guard("line", Callers(GRANTS.model_dump_json()))
    inside = Ingress(rollout, ServingSettings())
    door = Door(inside, rollout, guard, meter=inside.meter)
    transport = httpx.ASGITransport(door, root_path="/p")
    async with httpx.AsyncClient(transport=transport, base_url="http://door/p/") as client:
        yield client


@pytest.mark.parametrize("path", OPEN)
async def test_probes_and_the_empty_page_need_no_token(path, ask):
    assert (await ask.get(path)).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"), [*(("GET", path) for path in READ), *(("POST", path) for path in POST)]
)
async def test_everything_else_asks_for_one(method, path, ask):
    answer = await ask.request(method, path, json=ROW if method == "POST" else None)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="slipway"'
    assert "expected the header `Authorization: Bearer TOKEN`" in answer.json()["error"]


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_no_other_verb_gets_past_without_one(method, ask):
    assert (await ask.request(method, "invocations")).status_code == 401


@pytest.mark.parametrize(
    "value", ["Bearer wrong", "Bearer ", "Basic YWxsOg==", "all", "Bearer\tall"]
)
async def test_what_is_no_known_token_is_told_so(value, ask):
    answer = await ask.post("invocations", json=ROW, headers={"authorization": value})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].endswith('error="invalid_token"')


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_a_known_token_lets_in_whatever_its_scheme_is_written_like(scheme, ask):
    answer = await ask.post("invocations", json=ROW, headers=shown("infers", scheme))
    assert answer.json() == {"predictions": [8.0]}
    assert (await ask.get("v2/models/line", headers=shown("infers", scheme))).status_code == 200


async def test_a_token_for_all_models_is_good_for_this_one(ask):
    assert (await ask.post("invocations", json=ROW, headers=shown("all"))).status_code == 200


async def test_a_token_of_another_model_is_told_which(ask):
    answer = await ask.post("invocations", json=ROW, headers=shown("other"))
    assert (answer.status_code, answer.headers["www-authenticate"]) == (
        403,
        'Bearer realm="slipway", error="insufficient_scope"',
    )
    assert answer.json()["error"].startswith(
        "token 'bank' is for model 'fraud', expected one for model 'line'"
    )


async def test_a_token_for_reading_does_not_infer(ask):
    assert (await ask.get("openapi.json", headers=shown("reads"))).status_code == 200
    answer = await ask.post("invocations", json=ROW, headers=shown("reads"))
    assert answer.status_code == 403
    assert "is for scope 'read', expected one for scope 'infer'" in answer.json()["error"]


async def test_a_refusal_names_version_digest_and_request_like_any_answer(ask, line):
    answer = await ask.post("invocations", json=ROW, headers={"x-request-id": "q-1"})
    assert answer.headers["x-bundle-digest"] == line.digest
    assert (answer.headers["x-model-version"], answer.headers["x-request-id"]) == ("1", "q-1")
    assert answer.json()["error_code"] == "UNAUTHENTICATED"
    assert (await ask.head("v2")).content == b""


@pytest.mark.parametrize(("token", "kept"), [("ours", True), ("infers", False)])
async def test_only_slipways_own_token_may_name_a_request_as_its_own(token, kept, ask):
    """A caller whose ids began like those of Slipway's checks was left out by every monitor."""
    given = probe_id()
    answer = await ask.post("invocations", json=ROW, headers=shown(token) | {"x-request-id": given})
    assert answer.status_code == 200
    assert (answer.headers["x-request-id"] == given) is kept
    assert answer.headers["x-request-id"].startswith(PROBE) is kept


async def test_only_what_asks_for_predictions_is_counted_when_it_is_refused(ask):
    for path in ("v2/health/ready", "nowhere", "invocations", "v2/models/line/versions/1/infer"):
        assert (await ask.post(path, json=ROW)).status_code == 401
    told = (await ask.get("metrics", headers=shown("all"))).text
    (line,) = [one for one in told.splitlines() if 'outcome="unauthorized"' in one]
    assert line.endswith(" 2.0")


@pytest.mark.parametrize(("token", "allowed"), [("seldom", 3), ("twice", 2)])
async def test_a_token_is_good_for_as_many_requests_as_its_rate_allows(token, allowed, ask):
    asked = [await ask.get("v2", headers=shown(token)) for _ in range(allowed + 2)]
    assert [one.status_code for one in asked] == [200] * allowed + [429, 429]
    assert 1 <= int(asked[-1].headers["retry-after"]) <= 86_400
    assert "may be shown" in asked[-1].json()["error"]


async def test_the_rate_of_one_token_is_nobody_elses(ask):
    for _ in range(4):
        answer = await ask.get("v2", headers=shown("seldom"))
    assert answer.status_code == 429
    assert (await ask.get("v2", headers=shown("reads"))).status_code == 200
    assert (await ask.get("v2/health/live", headers=shown("seldom"))).status_code == 200


async def test_an_open_door_asks_nobody(line):
    rollout = await rolled_out(line)
    inside = Ingress(rollout, ServingSettings())
    door = Door(inside, rollout, Guard("line", None), meter=inside.meter)
    transport = httpx.ASGITransport(door)
    async with httpx.AsyncClient(transport=transport, base_url="http://door") as client:
        assert (await client.post("/invocations", json=ROW)).status_code == 200


@given(value=st.one_of(st.binary(max_size=64), st.binary(max_size=64).map(b"Bearer ".__add__)))
def test_whatever_else_is_shown_is_refused_and_does_no_harm(value):
    known = Grants(tokens=(grant_for(new_token(), "shop"),))
    guard = Guard("line", Callers(known.model_dump_json()))
    request = {"method": "POST", "path": "/invocations", "headers": [(b"authorization", value)]}
    with pytest.raises(Unauthorized, match="Authorization: Bearer TOKEN"):
        guard.admit(request)


def test_endpoints_ask_for_tokens_unless_they_are_told_not_to(monkeypatch):
    assert len(ServingSettings().callers) == 0
    monkeypatch.setenv("SLIPWAY_ACCESS", "open")
    assert ServingSettings().callers is None
