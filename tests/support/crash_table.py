"""The crash matrix as the documentation shows it; `python -m tests.support.crash_table` prints it.

Each row is a case of `tests/gitops/test_crash.py`, `tests/gitops/test_killed_deeds.py` or
`tests/release/test_killed_aliases.py`, which fail if a write or an act has none.
"""

import sys

from gitops.known import Act

COMMIT = ("commit",)
DEED_WRITES: dict[str, tuple[str, ...]] = {
    "release under `auto`": COMMIT,
    "promotion": ("open_promotion", "set_status"),
    "merge": ("merge",),
    "rejection": ("close",),
    "rollback by hand": COMMIT,
    "hold": COMMIT,
    "lift": COMMIT,
    "suspension": COMMIT,
    "resumption": COMMIT,
    "confirmed prune": COMMIT,
    "taking and giving back the lease": ("write_lease", "write_lease"),
}
GOOD = (
    Act.RECORD_ATTEMPT,
    Act.APPLY,
    Act.RECORD_APPLIED,
    Act.AWAIT_READY,
    Act.VERIFY,
    Act.RECORD_HEALTHY,
    Act.RECORD_OUTCOME,
)
WALK = (Act.BEGIN_STEP, Act.ANALYSE, Act.RECORD_STEP)
BAD = (Act.RECORD_FAILED, Act.REVERT)
REMOVAL = (Act.REMOVE, Act.RECORD_REMOVED)
PASSES = {
    "pass, good version": (GOOD, "the old or the new version", "the new version, `Healthy`"),
    "pass, canary": (WALK, "the old version and a share", "the new version, `Healthy`"),
    "pass, bad version": (
        (*GOOD, *BAD),
        "the old or the new version",
        "the old version, `RolledBack`, one commit",
    ),
    "pass, removal": (REMOVAL, "the old version or none", "none, `Removed`"),
}
ALIAS_WRITES: dict[str, tuple[str, ...]] = {
    "staging is proven": ("set_alias(staging)",),
    "staging is emptied": ("drop_alias(staging)",),
    "production goes forward": ("set_alias(champion)", "set_alias(previous)"),
    "production goes back": ("set_alias(champion)", "drop_alias(previous)"),
    "production is emptied": ("drop_alias(champion)", "set_alias(previous)"),
}


def rows() -> list[tuple[str, str, str, str]]:
    """What is under way, the side effect, what stands after the kill, what the next pass ends."""
    passes = [
        (what, f"`{act}`", between, end)
        for what, (acts, between, end) in PASSES.items()
        for act in acts
    ]
    deeds = [
        (deed, f"`{write}`", "the old or the new files, whole", "the new files, once")
        for deed, writes in DEED_WRITES.items()
        for write in dict.fromkeys(writes)
    ]
    aliases = [
        (f"aliases, {story}", f"`{write}`", "the old or the new alias", "the new alias")
        for story, writes in ALIAS_WRITES.items()
        for write in writes
    ]
    return [*passes, *deeds, *aliases]


def table() -> str:
    head = ("killed during", "before and after", "then stands", "and the next pass ends with")
    lines = [head, ("---",) * len(head), *rows()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    sys.stdout.write(f"{table()}\n")
