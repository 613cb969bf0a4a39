"""Held digests: what was rolled back stays away until a person lets it go."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from gitops import yaml_text
from gitops.errors import HeadMoved, HoldsInvalid, NotHeld
from gitops.forge import Tree
from gitops.manifest_rules import DIGEST
from gitops.retry import until_won
from gitops.trailers import compose

Clock = Callable[[], datetime]


def now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Hold:
    """A digest that may not be promoted or attempted; `since` is ISO 8601 in UTC."""

    digest: str
    reason: str
    since: str
    by: str


def holds_path(environment: str, model: str) -> str:
    return f"gitops/holds/{environment}/{model}.yaml"


def render_holds(holds: tuple[Hold, ...]) -> str | None:
    """The text of the file; None (no file) without holds."""
    return yaml_text.dump({"held": [asdict(hold) for hold in holds]}) if holds else None


def parse_holds(text: str | None, path: str) -> tuple[Hold, ...]:
    """Read the file; HoldsInvalid names the first key that cannot be used."""
    if text is None:
        return ()
    try:
        reader = yaml_text.Reader(yaml_text.load(text))
        entries = reader.value(list, "held")
        holds = tuple(_hold(reader.at("held", index)) for index in range(len(entries)))
    except yaml_text.Refused as error:
        raise HoldsInvalid(path, "", str(error), "a list of holds in plain YAML") from None
    except yaml_text.Misfit as error:
        raise HoldsInvalid(path, error.key, error.got, error.expected) from None
    found = yaml_text.difference({"held": [asdict(hold) for hold in holds]}, yaml_text.load(text))
    if found:
        raise HoldsInvalid(path, *found)
    return holds


def read_holds(tree: Tree, environment: str, model: str, revision: str) -> tuple[Hold, ...]:
    path = holds_path(environment, model)
    return parse_holds(tree.read(path, revision), path)


def held(holds: tuple[Hold, ...], digest: str) -> Hold | None:
    return next((hold for hold in holds if hold.digest == digest), None)


def with_hold(holds: tuple[Hold, ...], hold: Hold) -> tuple[Hold, ...]:
    """The holds with one more; a digest that is held already keeps its first reason."""
    return holds if held(holds, hold.digest) else (*holds, hold)


def hold(
    tree: Tree, environment: str, model: str, digest: str, reason: str, by: str, clock: Clock = now
) -> str:
    """Hold a digest by a commit and return main's head; held already: nothing changes."""
    if not DIGEST.fullmatch(digest):
        raise HoldsInvalid(
            holds_path(environment, model), "digest", digest, "sha256: and 64 hex digits"
        )
    entry = Hold(digest, " ".join(reason.split()), clock().isoformat(timespec="seconds"), by)

    def attempt() -> str:
        head = tree.head()
        holds = with_hold(read_holds(tree, environment, model, head), entry)
        subject = f"Hold {model} {digest[7:19]} in {environment}"
        message = compose(subject, entry.reason, _trailers(environment, model, digest, by))
        changes = {holds_path(environment, model): render_holds(holds)}
        return tree.commit(head, changes, message)

    return until_won(f"hold {model} in {environment}", attempt, HeadMoved)


def lift(tree: Tree, environment: str, model: str, digest: str, by: str) -> str:
    """Let a held digest go by a commit and return main's head; NotHeld if it is not held."""

    def attempt() -> str:
        head = tree.head()
        holds = read_holds(tree, environment, model, head)
        if not held(holds, digest):
            raise NotHeld(environment, model, digest)
        left = tuple(entry for entry in holds if entry.digest != digest)
        subject = f"Lift the hold of {model} {digest[7:19]} in {environment}"
        changes = {holds_path(environment, model): render_holds(left)}
        message = compose(subject, "", _trailers(environment, model, digest, by))
        return tree.commit(head, changes, message)

    return until_won(f"lift the hold of {model} in {environment}", attempt, HeadMoved)


def _hold(reader: yaml_text.Reader) -> Hold:
    digest = reader.value(str, "digest")
    if not DIGEST.fullmatch(digest):
        raise yaml_text.Misfit("held.digest", digest, "sha256: and 64 hex digits")
    fields = (reader.value(str, key) for key in ("reason", "since", "by"))
    return Hold(digest, *fields)


def _trailers(environment: str, model: str, digest: str, by: str) -> dict[str, str]:
    return {"Model": model, "Environment": environment, "Bundle-Digest": digest, "By": by}
