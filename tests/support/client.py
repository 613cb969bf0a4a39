"""A client of a model under release: it asks golden rows and keeps who answered what."""

import httpx

from resources.inference import encode, infer_document, infer_path, read_scores
from tests.support.asking import Asking
from tests.support.stack import Stack

Scored = tuple[int, str, float]


class Client(Asking[Scored]):
    """Each answer is its status, the digest it names and the score it gives."""

    def __init__(self, stack: Stack, model: str, environment: str = "production") -> None:
        manifest = stack.desired(model, environment)
        assert manifest is not None
        self._signature = (bundle := stack.bundle(model, manifest.bundle_digest)).signature
        self._body = encode(infer_document(self._signature, bundle.golden.rows[:1]))
        self._url = f"{stack.url(model, environment)}{infer_path(model)}"
        self._headers = stack.shown
        super().__init__(self._scored)

    def _scored(self, client: httpx.Client) -> Scored:
        answer = client.post(self._url, content=self._body, headers=self._headers)
        score = read_scores(self._signature, answer.content, 1)
        return (
            answer.status_code,
            answer.headers.get("x-bundle-digest", ""),
            float(score.ravel()[0]),
        )

    @property
    def statuses(self) -> set[int]:
        return {status for status, _, _ in self.answers}

    def scores(self) -> dict[str, set[float]]:
        """The scores that were given under each digest."""
        found: dict[str, set[float]] = {}
        for _, digest, score in self.answers:
            found.setdefault(digest, set()).add(round(score, 6))
        return found
