"""What can go wrong between a bundle and an answer.

ServingError
├── RequestError               the caller's fault; carries the HTTP status, always 4xx
│   ├── InvalidInput           400  column, row, got, expected
│   ├── MalformedBody          400  not the JSON, form or tensors that the protocol asks for
│   ├── Unauthorized           401  no token, or one that is not known
│   ├── Forbidden              403  a token for other models, or for less
│   ├── NotFound               404  no such path or model
│   ├── MethodNotAllowed       405  this path takes another verb
│   ├── TooSlow                408  a body that was not whole in time
│   ├── TooLarge               413  too many rows or bytes
│   ├── UnsupportedMedia       415  a content type, charset or encoding that is not served
│   └── TooManyRequests        429  more than a token's rate allows
├── NotReady                   503  no model is live yet
├── Overloaded                 503  a turn that came too late
├── ConfigError                a `user_config` that cannot be read
│   └── UnsupportedScheme      a bundle URI that is neither file:// nor s3://
├── GrantsError                a document of tokens that cannot be read
└── BundleError                a bundle that must not be served
    ├── BundleMissing          the folder or one of its files is not there
    ├── BundleUnreachable      a bucket that cannot be read
    ├── DigestMismatch         the manifest is not the one that was asked for
    ├── CorruptFile            a file is not the one the manifest names
    ├── UnexpectedFile         a file that the manifest does not name
    ├── MalformedBundle        the bytes are right, their meaning is not
    ├── UnsupportedRuntime     neither onnx nor skops
    ├── Unsigned               no signature, and this place asks for one
    ├── WronglySigned          a signature by no key that is accepted, or for another bundle
    ├── WrongModel             a bundle of another model
    ├── UntrustedTypes         a skops model made of types that may not be loaded
    └── GoldenRowsDiffer       the model does not answer as it was judged
"""

from collections.abc import Iterable, Sequence
from pathlib import Path


class ServingError(Exception):
    """The root: everything that `serving` raises on purpose."""


class RequestError(ServingError):
    """A request that cannot be answered as it stands.

    `status` is the HTTP status; `details` goes into the JSON body beside `error`, `headers` into
    the answer's.
    """

    status = 400

    @property
    def headers(self) -> tuple[tuple[bytes, bytes], ...]:
        return ()

    @property
    def details(self) -> dict[str, str | int | None]:
        return {}


class InvalidInput(RequestError):
    """A value, a column or a shape that breaks the signature; `row` counts from 0."""

    def __init__(self, column: str | None, row: int | None, got: str, expected: str) -> None:
        where = [f"column {column!r}"] if column is not None else []
        where += [f"row {row}"] if row is not None else []
        super().__init__(f"{', '.join(where) or 'input'}: got {got}, expected {expected}")
        self.column, self.row, self.got, self.expected = column, row, got, expected

    @property
    def details(self) -> dict[str, str | int | None]:
        return {
            "column": self.column,
            "row": self.row,
            "got": self.got,
            "expected": self.expected,
        }


class MalformedBody(RequestError):
    def __init__(self, where: str, got: str, expected: str) -> None:
        super().__init__(f"{where}: got {got}, expected {expected}")


class Unauthorized(RequestError):
    """`problem` says what was wrong with the token; empty: there was none."""

    status = 401

    def __init__(self, problem: str = "") -> None:
        super().__init__(
            f"{problem or 'no token was given'}; expected the header "
            "`Authorization: Bearer TOKEN`, a token is made by `slipway tokens add NAME`"
        )
        self._invalid = bool(problem)

    @property
    def headers(self) -> tuple[tuple[bytes, bytes], ...]:
        invalid = b', error="invalid_token"' if self._invalid else b""
        return ((b"www-authenticate", b'Bearer realm="slipway"' + invalid),)


class Forbidden(RequestError):
    status = 403

    def __init__(self, name: str, got: str, expected: str) -> None:
        super().__init__(
            f"token {name!r} is for {got}, expected one for {expected}; "
            "`slipway tokens list` shows them all"
        )

    @property
    def headers(self) -> tuple[tuple[bytes, bytes], ...]:
        return ((b"www-authenticate", b'Bearer realm="slipway", error="insufficient_scope"'),)


class NotFound(RequestError):
    status = 404

    def __init__(self, what: str, got: str, allowed: Iterable[str]) -> None:
        super().__init__(f"no {what} {got!r}; there are: {', '.join(allowed)}")


class MethodNotAllowed(RequestError):
    status = 405

    def __init__(self, path: str, got: str, allowed: str) -> None:
        super().__init__(f"{path!r} does not take {got}, it takes {allowed}")
        self._allowed = allowed

    @property
    def headers(self) -> tuple[tuple[bytes, bytes], ...]:
        return ((b"allow", self._allowed.encode()),)


class TooLarge(RequestError):
    status = 413

    def __init__(self, what: str, limit: int, setting: str) -> None:
        super().__init__(
            f"more than {limit} {what} in one request; "
            f"send several smaller ones, or raise {setting} where the model is served"
        )


class UnsupportedMedia(RequestError):
    status = 415

    def __init__(self, what: str, got: str, allowed: str) -> None:
        super().__init__(f"{what} {got!r} is not served, send {allowed}")


class TooSlow(RequestError):
    status = 408

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"the body was not whole within {seconds:g} s; send it faster or in several requests, "
            "or raise SLIPWAY_BODY_SECONDS where the model is served"
        )

    @property
    def headers(self) -> tuple[tuple[bytes, bytes], ...]:
        # What is left of the body would be taken for the next request.
        return ((b"connection", b"close"),)


class TooManyRequests(RequestError):
    """`wait` is in seconds."""

    status = 429

    def __init__(self, name: str, rate: str, wait: int) -> None:
        super().__init__(f"token {name!r} may be shown {rate}; ask again in {wait} s")
        self._wait = wait

    @property
    def headers(self) -> tuple[tuple[bytes, bytes], ...]:
        return ((b"retry-after", b"%d" % self._wait),)


class NotReady(ServingError):
    def __init__(self, model: str) -> None:
        super().__init__(f"model {model!r} is not ready; ask …/v2/health/ready for the reason")


class Overloaded(ServingError):
    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"more is asked than can be answered: this waited longer than {seconds * 1000:g} ms "
            "for its turn; ask again later, or raise SLIPWAY_MAX_WAIT_MS or the replicas"
        )


class ConfigError(ServingError):
    """A `user_config` that cannot be read."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("user_config: " + "; ".join(problems))


class UnsupportedScheme(ConfigError):
    def __init__(self, uri: str) -> None:
        super().__init__(
            [f"bundle.uri: got {uri!r}, expected file:///absolute/path or s3://bucket/path to it"]
        )


class GrantsError(ServingError):
    """A document of tokens that cannot be read."""

    def __init__(self, where: str, problems: Sequence[str]) -> None:
        super().__init__(f"{where}: {'; '.join(problems)}")


class BundleError(ServingError):
    """A bundle that must not be served."""


class BundleMissing(BundleError):
    def __init__(self, path: Path | str) -> None:
        super().__init__(f"{path} is not there; materialize the registry_entry that writes it")


class BundleUnreachable(BundleError):
    def __init__(self, uri: str, reason: str, remedy: str) -> None:
        super().__init__(f"{uri}: cannot be read ({reason}); {remedy}")


class DigestMismatch(BundleError):
    def __init__(self, path: Path | str, got: str, expected: str) -> None:
        super().__init__(f"{path} has digest {got}, expected {expected}")
        self.got, self.expected = got, expected


class CorruptFile(BundleError):
    def __init__(self, name: str, got: str, expected: str) -> None:
        super().__init__(f"file {name!r}: got {got}, expected {expected}")
        self.name, self.got, self.expected = name, got, expected


class UnexpectedFile(BundleError):
    def __init__(self, name: str, expected: Iterable[str]) -> None:
        super().__init__(f"file {name!r} does not belong here, expected {', '.join(expected)}")
        self.name = name


class MalformedBundle(BundleError):
    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"file {name!r}: {problem}")
        self.name = name


class UnsupportedRuntime(BundleError):
    def __init__(self, got: str, allowed: Iterable[str]) -> None:
        super().__init__(f"runtime {got!r} is not served, expected {' or '.join(allowed)}")


class Unsigned(BundleError):
    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is not there, expected a signature, since SLIPWAY_BUNDLE_PUBLIC_KEY is set; "
            "sign the stored bundles: slipway keys sign"
        )


class WronglySigned(BundleError):
    def __init__(self, path: Path, got: str, keys: Iterable[str]) -> None:
        super().__init__(
            f"{path}: got {got}, expected one by a key of SLIPWAY_BUNDLE_PUBLIC_KEY "
            f"({', '.join(keys) or 'base64 of 64 bytes'})"
        )


class WrongModel(BundleError):
    def __init__(self, got: str, expected: str) -> None:
        super().__init__(f"the bundle is of model {got!r}, expected {expected!r}")


class UntrustedTypes(BundleError):
    def __init__(self, types: Sequence[str], model: str) -> None:
        super().__init__(
            f"model.skops needs types that may not be loaded: {', '.join(types)}; expected types "
            "that the manifest lists, of scikit-learn, numpy, scipy or "
            f"platform_assets.defs.{model}, or named in SLIPWAY_TRUSTED_TYPES where it is loaded"
        )
        self.types = tuple(types)


class GoldenRowsDiffer(BundleError):
    def __init__(self, row: int, got: object, expected: object, tolerance: float) -> None:
        super().__init__(
            f"golden row {row}: the model answers {got}, expected {expected} within {tolerance:g}"
        )
        self.row, self.got, self.expected, self.tolerance = row, got, expected, tolerance
