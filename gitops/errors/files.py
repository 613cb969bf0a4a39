"""A file in git that is not what Slipway writes."""

from gitops.errors.root import GitopsError


class FileInvalid(GitopsError):
    """A file of the GitOps repository holds something else than Slipway writes."""

    def __init__(self, path: str, key: str, got: object, expected: str) -> None:
        place = f"{path}: {key}" if key else path
        super().__init__(f"{place}: got {_short(got)}, expected {expected}")
        self.path, self.key, self.got, self.expected = path, key, got, expected


class ManifestInvalid(FileInvalid):
    """A RayService manifest that Slipway did not render, or that names something not allowed."""


class PolicyInvalid(FileInvalid):
    """The policy of the environments cannot be used."""


class HoldsInvalid(FileInvalid):
    """A list of held digests cannot be used."""


class SuspensionInvalid(FileInvalid):
    """A suspension cannot be used."""


class PruneInvalid(FileInvalid):
    """A confirmation that an environment is emptied cannot be used."""


class EvidenceInvalid(FileInvalid):
    """A machine-readable evidence file cannot be used."""


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}…"
