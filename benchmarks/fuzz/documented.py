"""What the OpenAPI document allows and what it does not, by schemathesis, at a running endpoint."""

import subprocess
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from serving.bundle import write_bundle
from tests.support.bundles import fraud_contents
from tests.support.door import door, listening

SEED = 7
# Whether each input is taken or refused as a reader of the document would think is not asked: the
# contract of a model knows more than JSON Schema can say.
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)


class Documented:
    """How the run ended and what it said; `told` counts the answers by status."""

    def __init__(self) -> None:
        self.told: Counter[int] = Counter()
        self.code, self.said = -1, ""

    @property
    def problems(self) -> list[str]:
        found = [] if self.code == 0 else [f"schemathesis ended with {self.code}: {self.said}"]
        return [*found, *(f"{n} answers of {code}" for code, n in self.told.items() if code >= 500)]

    def counting(self, application: Callable[..., Awaitable[None]]) -> Callable[..., Any]:
        """The same application; each answer is counted."""

        async def counted(scope: Any, receive: Any, send: Any) -> None:
            async def noted(message: Any) -> None:
                if message["type"] == "http.response.start":
                    self.told[message["status"]] += 1
                await send(message)

            await application(scope, receive, noted)

        return counted


def attack(examples: int, folder: Path) -> Documented:
    """At most so many generated examples for each operation, besides those of the document."""
    found = Documented()
    bundle = write_bundle(folder / "bundles", fraud_contents())
    with listening(found.counting(door(bundle))) as url:
        command = (
            *(Path(sys.executable).with_name("schemathesis"), "run", f"{url}/openapi.json"),
            *("--phases", "examples,coverage,fuzzing", "--checks", ",".join(CHECKS)),
            *("--max-examples", str(examples), "--seed", str(SEED), "--no-color"),
            *("--generation-database", "none", "--warnings", "off"),
        )
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    found.code, found.said = done.returncode, (done.stdout + done.stderr)[-4000:]
    return found
