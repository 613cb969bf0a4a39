"""The text of `defs.yaml`: the model's specification, with what may be changed and why."""

from collections.abc import Iterator, Sequence

import yaml

from platform_assets.scaffold.contract_text import quiet
from platform_assets.scaffold.estimator_text import step
from platform_assets.scaffold.features import NAMES_ROW
from platform_assets.scaffold.plan import Plan
from platform_assets.scaffold.sample import Reading
from platform_assets.scaffold.target import one_digit

_FEW_ROWS = 500
_SEARCH = {
    "trees": (("learning_rate", "[0.03, 0.1, 0.2]"), ("max_leaf_nodes", "[7, 15, 31]")),
    "LogisticRegression": (("C", "[0.01, 0.1, 1.0, 10.0]"),),
    "Ridge": (("alpha", "[0.1, 1.0, 10.0, 100.0]"),),
}
_TEXT = """\
# Begun by `slipway new` from {file}.
# Change what you like: all keys stand in docs/reference.md, and what contradicts itself is
# refused when the code loads.
type: platform_assets.component.ModelPipeline

attributes:
  description: {description} # say what it is for
  owners: ["team:data"] # an address, or team:name
  task: {task} # {why}

  source:
{source}
  target: {target}{positive}
{keys}
  features:
{features}
  split:
{split}
  metric: {metric} # what the search is after, and the report opens with
  search: # more trials and other values find better models, and take longer
    trials: {trials}
    seconds: 60
    space:
{space}
  # A candidate that fails a gate is not released.
  gates:
    - {{metric: {metric}, beat: dummy}} # beyond chance
    - {{metric: {metric}, beat: champion, by: -{tolerance:g}}} # not worse than what is live
    # - {{metric: {metric}, reach: {reach}}} # the worst you would let live

{slices}
  # What only a person can say; the report names what is missing here.
  # card: {{intended_use: "", out_of_scope: "", data: "", limitations: "", contact: ""}}

  serving:
{parity}    latency: {{rate: 50, p50_ms: 25, p95_ms: 75, p99_ms: 150}} # load in requests per second
"""


def spec_text(plan: Plan) -> str:
    """The document; `platform_assets.spec` reads it."""
    target = plan.target
    trials, space = _search(plan)
    return _TEXT.format(
        file=quiet(plan.sample.file),
        description=_scalar(f"Tells {target.name} from {plan.sample.file}."),
        task=target.task,
        why=_comment(target.why),
        source="\n".join(_source(plan)) + "\n",
        target=_scalar(target.name),
        positive=_positive(plan),
        keys="".join(f"{line}\n" for line in _keys(plan)),
        features="\n".join(_features(plan)) + "\n",
        split="\n".join(_split(plan)) + "\n",
        metric=target.metric,
        trials=trials,
        space=space,
        tolerance=target.tolerance,
        reach=one_digit(target.spread / 2) if target.task == "regression" else 0.8,
        slices=_slices(plan),
        parity=_parity(plan),
    )


def _source(plan: Plan) -> Iterator[str]:
    reading = plan.sample.reading
    yield f"    pattern: {_quoted(reading.pattern)} # the names of the files it takes"
    yield f"    format: {reading.format}"
    yield from _csv(reading)
    if plan.nulls != ("",):
        listed = ", ".join(map(_quoted, plan.nulls))
        yield f"    nulls: [{listed}] # take out what is a value of its own"
    if plan.trim:
        yield "    trim: true"
    yield "    max_quarantined: 0.2 # a file with a greater share of bad rows stops the run"


def _csv(reading: Reading) -> Iterator[str]:
    if reading.delimiter != ",":
        yield f"    delimiter: {_quoted(reading.delimiter)}"
    if reading.encoding != "utf-8":
        yield f"    encoding: {reading.encoding}"
    if reading.header:
        yield "    header: # the file has none; rename them here, below and in contract.py"
        yield from (f"      - {_scalar(name)}" for name in reading.header)


def _positive(plan: Plan) -> str:
    """The class whose probability a binary model answers: the second in order."""
    if plan.target.task != "binary":
        return ""
    return f" # the model answers the probability of {_comment(list(plan.target.classes)[-1])}"


def _keys(plan: Plan) -> Iterator[str]:
    if plan.id is not None:
        yield f"  id: {_scalar(plan.id)} # the same a second time is a duplicate"
    else:
        own = [name for name, why in plan.left_out.items() if why == NAMES_ROW]
        yield from _hint("id", own, "refuses duplicates")
    if plan.time is not None:
        yield f"  time: {_scalar(plan.time)} # when a row happened"
    else:
        yield from _hint("time", plan.dates, "allows split.kind: time")


def _hint(key: str, names: Sequence[str], use: str) -> Iterator[str]:
    for name in names[:1]:
        yield f"  # {key}: {_comment(_scalar(name))} # {use}"


def _features(plan: Plan) -> Iterator[str]:
    if plan.dates:
        yield "    # A date counts as its days since 1970-01-01, which tell what grows or ends with"
        yield "    # time. For seasons and weekdays, deliver month and weekday as columns too."
    yield from (f"    - {_scalar(name)}" for name in plan.features)
    if plan.left_out:
        yield "    # Left out:"
    for name, reason in plan.left_out.items():
        yield f"    # - {_comment(_scalar(name))} # {_comment(reason)}"


def _split(plan: Plan) -> Iterator[str]:
    if plan.time is not None:
        yield "    kind: time # judged on the newest rows, as it will be in life"
    else:
        yield "    kind: random # with a `time` column, `time` judges on the newest rows"
    share = 0.25 if plan.target.rows < _FEW_ROWS else 0.2
    yield f"    holdout: {share}"
    yield f"    validation: {share}"


def _search(plan: Plan) -> tuple[int, str]:
    regression = plan.target.task == "regression"
    linear = "Ridge" if regression else "LogisticRegression"
    tried = _SEARCH["trees" if plan.family == "trees" else linear]
    lines = [f"      {step(plan)}__{name}: {values}\n" for name, values in tried]
    return 3, "".join(lines)


def _slices(plan: Plan) -> str:
    if not plan.slices:
        return "  # slices: {columns: []} # features on whose groups the model must hold up too\n"
    listed = ", ".join(map(_quoted_if_odd, plan.slices))
    least = max(10, min(100, plan.target.rows // 50))
    return (
        "  # The report judges groups of rows too: a good average can hide a bad corner.\n"
        f"  slices: {{columns: [{listed}], minimum_rows: {least}}}\n"
    )


def _parity(plan: Plan) -> str:
    if plan.target.task != "regression":
        return ""
    bound = max(one_digit(plan.target.spread * 1e-3), 1e-12)
    return f"    parity: {bound:g} # rounding that ONNX may show, in the unit of the target\n"


def _scalar(text: str) -> str:
    """A text as YAML writes it on one line, in quotes where it needs them."""
    dumped = yaml.safe_dump(text, allow_unicode=True, width=float("inf"), default_style=None)
    plain = dumped.removesuffix("\n").removesuffix("\n...")
    return plain if "\n" not in plain else _quoted(text)


def _quoted(text: str) -> str:
    dumped: str = yaml.safe_dump(text, allow_unicode=True, width=float("inf"), default_style='"')
    return dumped.removesuffix("\n")


def _quoted_if_odd(text: str) -> str:
    """As `_scalar`, inside brackets."""
    return _quoted(text) if set(text) & set(",[]{}:#") else _scalar(text)


def _comment(text: str) -> str:
    return " ".join(text.split())
