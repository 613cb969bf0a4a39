"""Damaged requests of every kind at the door.

Each begins as a request that is answered (JSON in all its forms, binary tensors, CSV, Arrow, gzip)
and is then cut, overwritten, doubled or given other headers.
"""

import gzip
import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import psutil
import pyarrow as pa

from serving.bodies import ARROW, BINARY, CSV
from serving.ingress import Ingress
from serving.live import Live
from serving.openapi import openapi
from serving.settings import ServingSettings
from tests.support.arrow import stream
from tests.support.bundles import fraud_contents, line_contents
from tests.support.doors import asked, now_live, rollout_of

SEED = 7
MOST_MIB = 16.0
MOST_HANDLES = 8
LIMITS = ServingSettings(max_rows=200, max_body_bytes=64 * 1024)
SCRAPS = [b"\xff", b"\0", b"NaN", b"1e999", b"[" * 2000, b'{"a":' * 2000, b'"\\ud800"', b"9" * 5000]
SCRAPS += [b"-1", b"null", b"true", b"{}", b"[]", b'"', b",", b"\n", b"\r\n", b"\xff\xff\xff\x7f"]
HEADERS = [
    (b"content-encoding", b"gzip"),
    (b"content-encoding", b"br"),
    (b"content-type", b"application/json; charset=utf-16"),
    (b"content-type", b"\xff"),
    (b"accept", ARROW.encode()),
    (b"accept", b"\xff,;,"),
    (b"inference-header-content-length", b"17"),
    (b"inference-header-content-length", b"9999999999"),
    (b"x-request-id", b"two words"),
]
Request = tuple[str, bytes, list[tuple[bytes, bytes]]]


def seeds(live: Live) -> list[Request]:
    """Requests that are answered, as the model's own OpenAPI document and golden rows give them."""
    found: list[Request] = []
    for path, item in openapi(live, "")["paths"].items():
        body = item.get("post", {}).get("requestBody", {"content": {}})
        for media, content in body["content"].items():
            for example in content.get("examples", {}).values():
                value = example["value"]
                raw = value.encode() if media == CSV else orjson.dumps(value)
                found.append((path, raw, [(b"content-type", media.encode())]))
    packed = gzip.compress(found[0][1])
    found.append((found[0][0], packed, [(b"content-encoding", b"gzip")]))
    rows = [dict(row) for row in live.bundle.golden.rows]
    found.append(binary_request(live, rows))
    table = pa.Table.from_pylist(rows)
    found += [arrow_request(table), arrow_request(by_dictionary(table))]
    return found


def arrow_request(table: pa.Table) -> Request:
    return "/invocations", stream(table), [(b"content-type", ARROW.encode())]


def by_dictionary(table: pa.Table) -> pa.Table:
    columns = [
        column.dictionary_encode() if column.type == pa.string() else column
        for column in table.columns
    ]
    return pa.Table.from_arrays(columns, table.schema.names)


def binary_request(live: Live, rows: list[dict[str, Any]]) -> Request:
    model = live.bundle.signature.model
    inputs, data = [], b""
    for name in rows[0]:
        cells = [row[name] for row in rows]
        tensor = {"name": name, "shape": [len(cells)], "parameters": {"binary_data_size": 0}}
        kind = {float: "FP64", int: "INT64", bool: "BOOL"}.get(type(cells[0]), "BYTES")
        if kind == "BYTES":
            texts = [(cell or "").encode() for cell in cells]
            part = b"".join(len(text).to_bytes(4, "little") + text for text in texts)
        else:
            part = pa.array(cells).to_numpy(zero_copy_only=False).tobytes()
        tensor |= {"datatype": kind, "parameters": {"binary_data_size": len(part)}}
        inputs.append(tensor)
        data += part
    text = orjson.dumps({"inputs": inputs, "parameters": {"binary_data_output": True}})
    length = (b"inference-header-content-length", b"%d" % len(text))
    return f"/v2/models/{model}/infer", text + data, [(b"content-type", BINARY.encode()), length]


def damaged(draw: random.Random, request: Request) -> Request:
    path, body, headers = request
    raw = bytearray(body)
    for _ in range(draw.randint(0, 4)):
        at = draw.randrange(len(raw) + 1)
        act = draw.randrange(5)
        if act == 0 and raw:
            raw[min(at, len(raw) - 1)] = draw.randrange(256)
        elif act == 1:
            raw[at:at] = draw.choice(SCRAPS)
        elif act == 2:
            raw[at : at + draw.randint(1, 8)] = b""
        elif act == 3:
            raw[at:at] = raw[max(0, at - 40) : at]
        else:
            raw[at : at + 4] = draw.randbytes(4)
    if draw.random() < 0.1:
        headers = [*headers, draw.choice(HEADERS)]
    return path, bytes(raw), headers


@dataclass
class Stood:
    """What became of the requests; memory in MiB and file handles at each tenth of the way."""

    told: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    mib: list[float] = field(default_factory=list)
    handles: list[int] = field(default_factory=list)
    afterwards: Counter[int] = field(default_factory=Counter)

    @property
    def problems(self) -> list[str]:
        """What must not be; empty if the door stood it all."""
        half = len(self.mib) // 2
        grown, opened = self.mib[-1] - self.mib[half], self.handles[-1] - self.handles[half]
        found = [*self.faults]
        if grown > MOST_MIB:
            found.append(f"memory grew by {grown:.0f} MiB in the second half")
        if opened > MOST_HANDLES:
            found.append(f"{opened} more file handles in the second half")
        if set(self.afterwards) != {200}:
            found.append(f"good requests got {dict(self.afterwards)} at the end")
        return found

    def look(self, process: psutil.Process) -> None:
        self.mib.append(process.memory_info().rss / 2**20)
        self.handles.append(process.num_fds())


async def attack(count: int, folder: Path) -> Stood:
    """Nine in ten for an ONNX model, the others for a pipeline over all types of columns."""
    draw, process = random.Random(SEED), psutil.Process()  # noqa: S311 - repeatable, not secret
    stood, doors = Stood(), []
    for contents in (line_contents, fraud_contents):
        rollout = await rollout_of(contents(), folder / contents.__name__)
        doors.append((Ingress(rollout, LIMITS), seeds(now_live(rollout))))
    for number in range(count):
        door, good = doors[number % 10 == 0]
        status, answer = await asked(door, *damaged(draw, draw.choice(good)))
        stood.told[status] += 1
        if status >= 500:
            stood.faults.append(f"request {number}: {status} {answer[:300]!r}")
        if number % max(1, count // 10) == 0:
            stood.look(process)
    stood.look(process)
    for door, good in doors:
        stood.afterwards.update([(await asked(door, *one))[0] for one in good])
    return stood
