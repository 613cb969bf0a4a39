"""`slipway doctor`: what this machine lacks or what stands in the way, and what to do about it."""

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from gitops.choose import kind_of
from gitops.errors import GitopsError
from gitops.policy import load_policy
from platform_assets.cli.committed import hindrance
from platform_assets.cli.console import out, print_json
from platform_assets.cli.errors import NotWell
from platform_assets.cli.models import DEFS, model_folders, source_section
from platform_assets.cli.stack import control, ray_service
from platform_assets.cli.stack.layout import Layout
from platform_assets.cli.stack.ports import describe, holder, is_free
from platform_assets.cli.stack.processes import marked
from platform_assets.cli.stack.services import public_ports
from platform_assets.cli.stack.state import Phase
from platform_assets.errors import SlipwayError
from platform_assets.wiring import build_forge
from resources.checkout import Checkout
from resources.errors import ObjectStoreRefused, SettingsError
from resources.object_store import prove_lake
from resources.settings import CHECKOUT, load_aws_settings, load_settings

Level = Literal["ok", "warn", "fail"]
PYTHON = (3, 11)
GIT = (2, 30)
FREE_GIB = 5.0
STALE_SECONDS = 60.0
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True)
class Finding:
    """One thing looked at; `todo` is empty where nothing is to be done."""

    what: str
    level: Level
    seen: str
    todo: str = ""


def doctor(*, as_json: bool) -> None:
    """Print one line per thing looked at.

    Raises
    ------
    NotWell
        If anything failed; warnings do not count.
    """
    layout = Layout(load_settings())
    findings = [finding for look in LOOKS for finding in look(layout)]
    if as_json:
        print_json([finding.__dict__ for finding in findings])
    else:
        for finding in findings:
            todo = f"; {finding.todo}" if finding.todo else ""
            out(f"{finding.level:<4}  {finding.what}: {finding.seen}{todo}")
    failed = [finding.what for finding in findings if finding.level == "fail"]
    if failed:
        raise NotWell(failed)


def look_at_python(_: Layout) -> Iterator[Finding]:
    found = sys.version_info[:2]
    seen = ".".join(map(str, sys.version_info[:3]))
    if found >= PYTHON:
        yield Finding("Python", "ok", seen)
    else:
        yield Finding("Python", "fail", seen, "use 3.11 or later: make PYTHON=python3.11 setup")


def look_at_git(_: Layout) -> Iterator[Finding]:
    program = shutil.which("git")
    if program is None:
        yield Finding("git", "fail", "not found", "install git 2.30 or later")
        return
    told = subprocess.run((program, "--version"), capture_output=True, text=True, check=False)
    numbers = tuple(int(part) for part in re.findall(r"\d+", told.stdout)[:2])
    todo = "" if numbers >= GIT else "install git 2.30 or later"
    yield Finding("git", "fail" if todo else "ok", told.stdout.strip(), todo)


def look_at_code(_: Layout) -> Iterator[Finding]:
    checkout = Checkout(CHECKOUT)
    for model in model_folders():
        problem = hindrance(checkout, model)
        seen, _between, todo = problem.partition("; ")
        yield Finding(f"code of {model}", "warn" if problem else "ok", seen or "committed", todo)


def look_at_models(_: Layout, defs: Path = DEFS) -> Iterator[Finding]:
    from platform_assets.scaffold.write import load

    for model in model_folders(defs):
        try:
            load(defs / model)
        except (SlipwayError, ValueError, SyntaxError, ImportError) as error:
            todo = "mend what it names; it is not loaded until then"
            yield Finding(f"model {model}", "fail", " ".join(str(error).split()), todo)
        else:
            yield Finding(f"model {model}", "ok", "loads")


def look_at_disk(layout: Layout) -> Iterator[Finding]:
    place = next(
        path for path in (layout.settings.home, *layout.settings.home.parents) if path.exists()
    )
    free = shutil.disk_usage(place).free / 2**30
    seen = f"{free:.1f} GiB free at {place}"
    if free >= FREE_GIB:
        yield Finding("disk", "ok", seen)
    else:
        yield Finding("disk", "warn", seen, "make room, or set SLIPWAY_HOME to another disk")


def look_at_ports(layout: Layout) -> Iterator[Finding]:
    ours = {process.pid for process in marked(layout.mark)}
    for setting, port in public_ports(layout).items():
        found = None if is_free(port) else holder(port)
        if is_free(port) or (found is not None and found.pid in ours):
            yield Finding(f"port {port}", "ok", "ours" if found else "free")
        else:
            todo = f"stop that, or set {setting} to another port"
            yield Finding(f"port {port}", "fail", f"taken by {describe(found)}", todo)


def look_at_haproxy(_: Layout) -> Iterator[Finding]:
    binary = ray_service.haproxy_binary()
    if binary is None:
        todo = "endpoints answer more slowly; Linux on x86-64 and arm64 has it by itself"
        yield Finding("HAProxy", "warn", "not found, Serve's own proxy is used", todo)
    else:
        yield Finding("HAProxy", "ok", str(binary))


def look_at_chromium(_: Layout) -> Iterator[Finding]:
    found = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    if found is None:
        todo = "only tests of the browser need it: apt-get install chromium"
        yield Finding("Chromium", "warn", "not found", todo)
    else:
        yield Finding("Chromium", "ok", found)


def look_at_lake(layout: Layout) -> Iterator[Finding]:
    place = layout.settings.lake
    try:
        prove_lake(place, load_aws_settings())
    except ObjectStoreRefused as refused:
        yield Finding("lake", "fail", f"{place}: {refused.reason}", refused.remedy)
    else:
        yield Finding("lake", "ok", place)


def look_at_gitops(layout: Layout) -> Iterator[Finding]:
    repository = layout.settings.gitops_repo
    if kind_of(repository) == "local" and not layout.settings.gitops_path.exists():
        yield Finding("git repository", "ok", "not made yet")
        return
    try:
        forge = build_forge(layout.settings)
        head = forge.head()
        names = load_policy(forge, head).names
    except GitopsError as error:
        seen, _, todo = str(error).partition("; ")
        yield Finding("git repository", "fail", seen, todo)
    else:
        place = repository or layout.settings.gitops_path
        yield Finding("git repository", "ok", f"{place} at {head[:12]}: {', '.join(names)}")


def look_at_sources(layout: Layout) -> Iterator[Finding]:
    from platform_assets.data.sources.choose import source_at
    from platform_assets.spec.source import AnySource

    sources: TypeAdapter[AnySource] = TypeAdapter(AnySource)
    for model in model_folders():
        try:
            spec = sources.validate_python(source_section(model))
            source = source_at(model, spec, layout.settings)
            listing = source.listing()
        except (SlipwayError, SettingsError, ValidationError) as error:
            yield Finding(f"source of {model}", "fail", str(error), "see its defs.yaml")
        else:
            seen = f"{len(listing.finished)} arrivals in {source.place}"
            skipped = f", {len(listing.skipped)} skipped" if listing.skipped else ""
            yield Finding(f"source of {model}", "ok", seen + skipped)


def look_at_stack(layout: Layout) -> Iterator[Finding]:
    state = control.running(layout)
    left = marked(layout.mark)
    if state is None and left:
        todo = "take them over: slipway up --detach; or end them: slipway down"
        yield Finding("stack", "warn", f"{len(left)} processes without a supervisor", todo)
    elif state is None:
        yield Finding("stack", "ok", "not running")
    else:
        for name, service in state.services.items():
            bad = service.phase in (Phase.FAILED, Phase.BACKOFF)
            seen = f"{service.phase}{f' ({service.message})' if service.message else ''}"
            todo = f"see {layout.log(name)}" if bad else ""
            yield Finding(name, "fail" if bad else "ok", seen, todo)


def look_at_locks(layout: Layout) -> Iterator[Finding]:
    """Git leaves its lock files behind when it is killed; ours go with their process."""
    repository = layout.settings.gitops_path
    old = [lock for lock in _lock_files(repository) if _age(lock) > STALE_SECONDS]
    if not old:
        yield Finding("locks", "ok", "none is stale")
    for lock in old:
        todo = f"if no git is at work there: rm '{lock}'"
        yield Finding("lock", "fail", f"{lock} is {_age(lock):.0f} s old", todo)


def _lock_files(repository: Path) -> list[Path]:
    return sorted(repository.rglob("*.lock")) if repository.is_dir() else []


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


LOOKS: tuple[Callable[[Layout], Iterator[Finding]], ...] = (
    look_at_python,
    look_at_git,
    look_at_code,
    look_at_models,
    look_at_disk,
    look_at_ports,
    look_at_haproxy,
    look_at_chromium,
    look_at_lake,
    look_at_gitops,
    look_at_sources,
    look_at_stack,
    look_at_locks,
)
