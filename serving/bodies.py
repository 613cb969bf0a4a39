"""What HTTP says about a body: its media type, charset and encoding."""

import zlib
from collections.abc import Collection, Mapping

from serving.errors import MalformedBody, TooLarge, UnsupportedMedia
from serving.quoting import shorten

JSON = "application/json"
BINARY = "application/octet-stream"
CSV = "text/csv"
TEXT = "text/plain; charset=utf-8"
HTML = "text/html; charset=utf-8"
ARROW = "application/vnd.apache.arrow.stream"
# The window of zlib's decompressor: 15 bits behind a header of gzip, or of zlib.
_WINDOW: Mapping[str, int] = {"gzip": 31, "x-gzip": 31, "deflate": 15}
_UTF8 = ("utf-8", "utf8", "us-ascii")


def media_type(given: bytes | None, served: Collection[str]) -> str:
    """Return the one of `served` that a request's content-type names; none named is JSON.

    Raises
    ------
    UnsupportedMedia
        For another one, or for another charset than UTF-8.
    """
    if given is None or given == b"application/json":
        return JSON
    text = given.decode("latin-1")
    media, *parameters = (part.strip().lower() for part in text.split(";"))
    if media not in served:
        raise UnsupportedMedia("content type", shorten(text), " or ".join(served))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip().strip('"') not in _UTF8:
            raise UnsupportedMedia("content type", shorten(text), f"{media} in UTF-8")
    return media


def is_encoded(given: bytes | None) -> bool:
    """Whether a request's content-encoding asks for `decoded`."""
    return given is not None and given.strip().lower() not in (b"", b"identity")


def decoded(body: bytes, given: bytes | None, limit: int) -> bytes:
    """Undo the content-encoding of a body; never makes more than `limit` bytes.

    Raises
    ------
    RequestError
        `UnsupportedMedia` for another encoding than gzip and deflate, `TooLarge` beyond the
        limit, `MalformedBody` for bytes that are not so encoded.
    """
    if given is None or not is_encoded(given):
        return body
    name = given.decode("latin-1").strip().lower()
    if name not in _WINDOW:
        raise UnsupportedMedia("content encoding", shorten(name), "gzip, deflate or none")
    unpacker = zlib.decompressobj(_WINDOW[name])
    try:
        plain = unpacker.decompress(body, limit + 1)
    except zlib.error as error:
        raise MalformedBody("body", f"bytes that are no {name} ({error})", name) from error
    if len(plain) > limit:
        raise TooLarge("bytes", limit, "SLIPWAY_MAX_BODY_BYTES")
    if not unpacker.eof:
        raise MalformedBody("body", f"a {name} stream that ends early", "all of it")
    if unpacker.unused_data:
        got = f"{len(unpacker.unused_data)} bytes behind the {name} stream"
        raise MalformedBody("body", got, "one stream and nothing behind it")
    return plain


def accepts(given: bytes | None, media: str) -> bool | None:
    """Whether an accept header names `media`; None if it leaves the choice to the server."""
    if given is None or given == b"*/*":
        return None
    named = {part.partition(";")[0].strip().lower() for part in given.decode("latin-1").split(",")}
    if media in named:
        return True
    return None if named & {"*/*", ""} else False
