"""Suspended targets: looked at and told of, never changed until a person resumes them."""

from dataclasses import asdict, dataclass

from gitops import yaml_text
from gitops.errors import HeadMoved, NotSuspended, SuspensionInvalid
from gitops.forge import Tree
from gitops.holds import Clock, now
from gitops.retry import until_won
from gitops.trailers import compose

FOLDER = "gitops/suspensions"


@dataclass(frozen=True)
class Suspension:
    """Why one environment and model is left alone; `since` is ISO 8601 in UTC."""

    reason: str
    since: str
    by: str


def suspension_path(environment: str, model: str) -> str:
    return f"{FOLDER}/{environment}/{model}.yaml"


def parse_suspension(text: str | None, path: str) -> Suspension | None:
    """Read the file, None without one; SuspensionInvalid names the first key that is wrong."""
    if text is None:
        return None
    try:
        document = yaml_text.load(text)
        reader = yaml_text.Reader(document)
        found = Suspension(*(reader.value(str, key) for key in ("reason", "since", "by")))
    except yaml_text.Refused as error:
        raise SuspensionInvalid(path, "", str(error), "a suspension in plain YAML") from None
    except yaml_text.Misfit as error:
        raise SuspensionInvalid(path, error.key, error.got, error.expected) from None
    more = yaml_text.difference(asdict(found), document)
    if more:
        raise SuspensionInvalid(path, *more)
    return found


def read_suspension(tree: Tree, environment: str, model: str, revision: str) -> Suspension | None:
    path = suspension_path(environment, model)
    return parse_suspension(tree.read(path, revision), path)


def suspend(
    tree: Tree, environment: str, model: str, reason: str, by: str, clock: Clock = now
) -> str:
    """Suspend by a commit and return main's head; suspended already: nothing changes."""
    entry = Suspension(" ".join(reason.split()), clock().isoformat(timespec="seconds"), by)

    def attempt() -> str:
        head = tree.head()
        if read_suspension(tree, environment, model, head):
            return head
        changes = {suspension_path(environment, model): yaml_text.dump(asdict(entry))}
        subject = f"Suspend {model} in {environment}"
        message = compose(subject, entry.reason, _trailers(environment, model, by))
        return tree.commit(head, changes, message)

    return until_won(f"suspend {model} in {environment}", attempt, HeadMoved)


def resume(tree: Tree, environment: str, model: str, by: str) -> str:
    """Resume by a commit and return main's head; NotSuspended if it is not suspended."""

    def attempt() -> str:
        head = tree.head()
        path = suspension_path(environment, model)
        if tree.read(path, head) is None:
            raise NotSuspended(environment, model)
        subject = f"Resume {model} in {environment}"
        message = compose(subject, "", _trailers(environment, model, by))
        return tree.commit(head, {path: None}, message)

    return until_won(f"resume {model} in {environment}", attempt, HeadMoved)


def _trailers(environment: str, model: str, by: str) -> dict[str, str]:
    return {"Model": model, "Environment": environment, "By": by}
