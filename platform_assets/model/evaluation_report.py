"""The judgement on the candidate, on a holdout that its search never saw.

The candidate's bundle, the champion's bundle and both baselines are scored now, on the same rows.
Every gate of `defs.yaml` becomes a check that names the bundle it judged; one that fails stops the
release, and so does one that is inconclusive because the holdout has too few rows to tell.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg

from gitops.conditions import Verdict
from gitops.forge import Forge
from platform_assets.folder import ModelFolder
from platform_assets.identity import fingerprint
from platform_assets.lineage import latest
from platform_assets.metadata import about, picture
from platform_assets.ml.age_plot import age_plots
from platform_assets.ml.document import document
from platform_assets.ml.figures import CANDIDATE
from platform_assets.ml.report import DataCheck, render_report
from platform_assets.model.asked import attempt_keys
from platform_assets.model.attempts import in_words, tried
from platform_assets.model.audit import environment, verdict_tags
from platform_assets.model.contenders import champion_digest, contenders
from platform_assets.model.data_facts import data_checks, data_facts
from platform_assets.model.fitted import load_facts
from platform_assets.model.judgement import Judgement, as_document, judge_scores
from platform_assets.model.page import DOCUMENT, PAGE, Around, pictures, report_facts
from platform_assets.model.past import NO_PAST, Past, changed, cost_of_age, past_of
from platform_assets.model.probing import probe_bundle
from platform_assets.model.rows import load_rows
from platform_assets.spec import evaluation_checks
from resources.artifacts import Artifacts
from resources.lake import Lake
from resources.registry import Registry
from resources.settings import Settings

KIND = "reports"
JUDGEMENT = "judgement.json"
RULES = 4
Facts = Mapping[str, Any]


def build(folder: ModelFolder) -> dg.AssetsDefinition:
    @folder.asset(
        "evaluation_report",
        __doc__,
        {"html", "mlflow"},
        after="registry_entry",
        checks=evaluation_checks(folder.spec),
    )
    def evaluation_report(
        context: dg.AssetExecutionContext,
        lake: dg.ResourceParam[Lake],
        registry: dg.ResourceParam[Registry],
        artifacts: dg.ResourceParam[Artifacts],
        forge: dg.ResourceParam[Forge],
        settings: dg.ResourceParam[Settings],
    ) -> dg.MaterializeResult:
        entry = latest(context.instance, folder.key("registry_entry"))
        champion = champion_digest(forge, folder.name)
        past = past_of(registry, artifacts, folder.name, entry, champion)
        checks = data_checks(context.instance, folder, entry)
        key = evaluate_once(folder, lake, artifacts, entry, champion, past, checks)
        stored = artifacts.folder(KIND, folder.name, key)
        found = json.loads(artifacts.load(KIND, folder.name, key, JUDGEMENT))
        page_url = filed(folder, registry, settings, entry, key, stored, found["outcome"])
        return dg.MaterializeResult(
            data_version=dg.DataVersion(key),
            metadata={
                "report_key": key,
                "report": dg.MetadataValue.url(page_url),
                "mlflow_run": entry["mlflow_run"],
                "candidate_key": entry["candidate_key"],
                **shown(found, stored),
            },
            check_results=[checked(entry, gate) for gate in found["gates"]],
        )

    return evaluation_report


def filed(
    folder: ModelFolder,
    registry: Registry,
    settings: Settings,
    entry: Facts,
    key: str,
    stored: Path,
    outcome: str,
) -> str:
    """Put the report beside the training in MLflow, the verdict on the version; returns the URL."""
    run, place = entry["mlflow_run"], f"evaluation/{key[:12]}"
    registry.log_files(run, stored, place)
    page_url = registry.file_url(settings.mlflow_url, run, f"{place}/{PAGE}")
    registry.tag_version(folder.name, entry["model_version"], verdict_tags(outcome, page_url, key))
    return page_url


def evaluate_once(
    folder: ModelFolder,
    lake: Lake,
    artifacts: Artifacts,
    entry: Facts,
    champion: str | None,
    past: Past = NO_PAST,
    checks: Sequence[DataCheck] = (),
) -> str:
    """The key under which the report stands: written the first time, found afterwards."""
    key = evaluation_key(folder, lake, entry, champion, past.digests)
    if not artifacts.has(KIND, folder.name, key):
        files = evaluate(folder, lake, artifacts, entry, champion, past, checks)
        artifacts.publish(KIND, folder.name, key, files)
    return key


def evaluation_key(
    folder: ModelFolder,
    lake: Lake,
    entry: Facts,
    champion: str | None,
    earlier: Sequence[str] = (),
) -> str:
    """Changes with bundle, code, holdout, champion, what is asked of them and `RULES`.

    `RULES` counts the ways in which figures became verdicts: equal figures and gates may be judged
    otherwise by a later version of this code, and then need a report of their own.
    """
    spec = folder.spec
    return fingerprint(
        bundle=entry["bundle_digest"],
        candidate=entry["candidate_key"],
        code=entry["code_commit"],
        table=lake.table_id(f"{folder.name}/training_set"),
        version=entry["training_set_version"],
        champion=champion,
        earlier=list(earlier),
        rules=RULES,
        gates=[gate.model_dump(mode="json") for gate in spec.gates],
        slices=spec.slices.model_dump(mode="json"),
        fairness=spec.fairness.model_dump(mode="json"),
        card=spec.card.model_dump(mode="json"),
    )


def evaluate(
    folder: ModelFolder,
    lake: Lake,
    artifacts: Artifacts,
    entry: Facts,
    champion: str | None,
    past: Past = NO_PAST,
    checks: Sequence[DataCheck] = (),
) -> dict[str, bytes]:
    """Score, judge and draw; returns the files of the report by name."""
    holdout = load_rows(lake, folder, entry["training_set_version"], "holdout")
    models = contenders(artifacts, folder, entry, champion, holdout)
    training = load_facts(artifacts, folder, entry["candidate_key"])
    judgement = judge_scores(folder, holdout, models, threshold=training["threshold"])
    probes = probe_bundle(artifacts, folder, entry["bundle_digest"], holdout, models[CANDIDATE])
    age = cost_of_age(folder, lake, artifacts, entry, past, holdout, models[CANDIDATE])
    drawn = pictures(folder, judgement, holdout, models, training)
    drawn += age_plots(age, folder.spec.metric)
    made = attempts(folder, lake, artifacts, entry)
    around = Around(
        lineage=lineage(folder, lake, artifacts, entry, made),
        changes=changed(folder, lake, artifacts, past),
        staleness=age,
        data=data_facts(folder, lake, entry),
        checks=checks,
    )
    facts = report_facts(folder, entry, judgement, probes, drawn, training, around)
    return {
        JUDGEMENT: judged(folder, entry, champion, made, judgement),
        PAGE: render_report(facts).encode(),
        DOCUMENT: document(facts),
        **{f"{plot.name}.png": plot.png for plot in drawn},
    }


def judged(
    folder: ModelFolder,
    entry: Facts,
    champion: str | None,
    made: Sequence[Facts],
    judgement: Judgement,
) -> bytes:
    """The judgement as JSON, with whom it is about."""
    document = {
        "bundle_digest": entry["bundle_digest"],
        "code_commit": entry["code_commit"],
        "champion": champion,
        "attempts": made,
        **as_document(folder, judgement),
    }
    return json.dumps(document, indent=2, allow_nan=False).encode()


def attempts(
    folder: ModelFolder, lake: Lake, artifacts: Artifacts, entry: Facts
) -> list[dict[str, Any]]:
    """What was tried on these rows up to this candidate, the plain search first."""
    number = entry["attempt"]
    earlier = attempt_keys(folder, lake, entry["training_set_version"])[:number]
    return tried(folder, artifacts, [*earlier, entry["candidate_key"]])


def lineage(
    folder: ModelFolder, lake: Lake, artifacts: Artifacts, entry: Facts, made: Sequence[Facts] = ()
) -> dict[str, str]:
    """Where the candidate comes from, in the order it came about; `made` are its attempts."""
    table = f"{folder.name}/training_set"
    built_with = environment(folder, artifacts, entry["bundle_digest"])
    return {
        "cleaned": f"{lake.uri(f'{folder.name}/cleaned')} version {entry['cleaned_version']}",
        "training set": f"{lake.uri(table)} version {entry['training_set_version']}",
        "code": entry["code_commit"],
        **{name: built_with[name] for name in sorted(built_with)},
        "MLflow run": entry["mlflow_run"],
        "model version": entry["model_version"],
        "bundle": entry["bundle_uri"],
        **({"searches": in_words(made)} if len(made) > 1 else {}),
    }


def shown(document: Facts, stored: Path) -> dict[str, Any]:
    """What the UI shows of a judgement: who was judged against whom, figures and pictures."""
    return {
        "outcome": document["outcome"],
        "bundle_digest": document["bundle_digest"],
        "champion": document["champion"] or "none",
        "not_passed": ", ".join(one["check"] for one in document["gates"] if not one["passed"]),
        "tried": in_words(document["attempts"]),
        **{one["metric"]: one["value"] for one in document["figures"]},
        **{one.stem: picture(one.read_bytes(), one.stem) for one in sorted(stored.glob("*.png"))},
    }


def checked(entry: Facts, gate: Facts) -> dg.AssetCheckResult:
    """A gate's verdict on an entry, with the rows it is about."""
    found = check(entry["bundle_digest"], gate)
    return about(found, training_set_version=entry["training_set_version"])


def check(digest: str, gate: Facts) -> dg.AssetCheckResult:
    """A gate's verdict as a check that names the bundle it is about."""
    verdict = Verdict.from_dict(gate)
    return dg.AssetCheckResult(
        check_name=verdict.check,
        passed=verdict.passed,
        description=verdict.message,
        metadata={
            "bundle_digest": digest,
            "outcome": verdict.outcome,
            "metric": verdict.metric,
            "observed": verdict.observed if verdict.observed is not None else "not measured",
            "threshold": verdict.threshold if verdict.threshold is not None else "none",
        },
    )
