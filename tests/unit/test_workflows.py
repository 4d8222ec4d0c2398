"""The workflows keep to the rules that make them safe to run on other people's code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.y*ml"))
# Actions of the repository's own, which the workflows call by their folder.
ACTIONS = sorted((ROOT / ".github" / "actions").glob("*/action.y*ml"))

each_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)


def _load(path: Path) -> dict[Any, Any]:
    loaded = yaml.safe_load(path.read_text("utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def _events(workflow: dict[Any, Any]) -> set[str]:
    # YAML 1.1 reads the key `on` as true.
    events: Any = workflow.get("on", workflow.get(True))
    return {events} if isinstance(events, str) else set(events)


def _permissions(workflow: dict[Any, Any]) -> list[Any]:
    """Return the permissions in force: of the workflow, and of each job that has its own."""
    jobs = workflow["jobs"].values()
    return [workflow.get("permissions"), *(job["permissions"] for job in jobs if "permissions" in job)]


@pytest.mark.parametrize("path", [*WORKFLOWS, *ACTIONS], ids=lambda path: f"{path.parent.name}/{path.name}")
def test_actions_are_pinned(path: Path) -> None:
    """Every action from elsewhere is named by a full commit, with its version beside it; our own exist."""
    used = re.findall(r"^\s*(?:- )?uses:\s*(.+?)\s*$", path.read_text("utf-8"), re.MULTILINE)
    assert used
    for action in used:
        if action.startswith("./"):
            assert (ROOT / action / "action.yml").is_file(), action
            continue
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+(\.\d+)*", action), action


@each_workflow
def test_permissions_are_stated(path: Path) -> None:
    """No workflow falls back to the token's defaults, and none asks for everything."""
    for asked in _permissions(_load(path)):
        assert isinstance(asked, dict)


@each_workflow
def test_pull_requests_write_nothing(path: Path) -> None:
    """A workflow that runs on pull requests asks for no write permission."""
    workflow = _load(path)
    if "pull_request" in _events(workflow):
        assert all(level in {"read", "none"} for asked in _permissions(workflow) for level in asked.values())


@each_workflow
def test_no_pull_request_target(path: Path) -> None:
    """No workflow runs a stranger's code with the rights of the repository."""
    assert "pull_request_target" not in _events(_load(path))


@each_workflow
def test_jobs_end(path: Path) -> None:
    """Every job has a time limit."""
    for name, job in _load(path)["jobs"].items():
        assert isinstance(job.get("timeout-minutes"), int), name


@each_workflow
def test_concurrency_is_limited(path: Path) -> None:
    """Every workflow says what happens to a run that is overtaken by the next."""
    assert _load(path)["concurrency"]["group"]


@each_workflow
def test_runner_is_fixed(path: Path) -> None:
    """Every job names the release of its system, so that it does not change by itself."""
    assert all(job["runs-on"] == "ubuntu-24.04" for job in _load(path)["jobs"].values())
