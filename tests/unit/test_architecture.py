"""The rules of the design that imports and calls show: one way, one writer, one voice."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import notepress

PACKAGE = Path(notepress.__file__).parent
ROOT = PACKAGE.parent
MODULES = sorted(path.stem for path in PACKAGE.glob("*.py"))
STAGES = ("config", "fonts", "notes", "plan", "convert", "render", "typeset", "finish", "assemble", "index")
# Who knows the order of the stages, or shows them to the user; texlog is a room of typeset.
ABOVE = {
    "pipeline",
    "fronts",
    "joining",
    "apart",
    "worker",
    "workshop",
    "snapshot",
    "watch",
    "board",
    "routes",
    "webpage",
    "webserver",
    "serve",
    "fingerprints",
    "check",
    "doctor",
    "fetch",
    "selection",
    "cli",
    "launch",
    "terminal",
    "__main__",
}
STARTS = {"subprocess", "multiprocessing", "pty", "os.system", "os.popen", "os.fork", "os.posix_spawn", "asyncio"}
WRITES = {
    *("write_text", "write_bytes", "mkdir", "touch", "unlink", "rmdir", "rename", "symlink_to", "hardlink_to", "chmod"),
    *("makedirs", "mkstemp", "rmtree", "copyfile", "copytree", "copy2", "NamedTemporaryFile", "TemporaryDirectory"),
}


@cache
def tree(module: str) -> ast.Module:
    """Return the syntax tree of a module."""
    return ast.parse((PACKAGE / f"{module}.py").read_text("utf-8"))


def imported(module: str) -> set[str]:
    """Return the modules of the package that a module imports, at its top or anywhere inside."""
    found: set[str] = set()
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            found |= {node.module.split(".")[0]} if node.module else {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "notepress":
            found |= {node.module.split(".")[1]} if "." in node.module else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("notepress.")}
    return found & set(MODULES)


def names(module: str) -> Iterator[tuple[str, int]]:
    """Yield every dotted name that a module uses or imports, with its line."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Name | ast.Attribute):
            yield ast.unparse(node), node.lineno
        elif isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module, node.lineno
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def calls(module: str) -> Iterator[ast.Call]:
    """Yield every call in a module."""
    yield from (node for node in ast.walk(tree(module)) if isinstance(node, ast.Call))


def called(call: ast.Call) -> str:
    """Return the last name of what is called."""
    return ast.unparse(call.func).rpartition(".")[2]


def opens_for_writing(call: ast.Call) -> bool:
    """Say whether a call is open(…, "w") or path.open("ab")."""
    modes = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg == "mode")]
    texts = [mode.value for mode in modes if isinstance(mode, ast.Constant) and isinstance(mode.value, str)]
    return called(call) == "open" and any(re.fullmatch(r"[rwaxbt+]{1,3}", t) and set(t) & set("wax+") for t in texts)


@pytest.mark.parametrize("module", STAGES)
def test_a_stage_imports_no_other_stage(module: str) -> None:
    """Stages hand on plain values and know nothing of each other; only the pipeline knows their order."""
    assert imported(module) & set(STAGES) == set()


@pytest.mark.parametrize("module", sorted(set(MODULES) - ABOVE))
def test_nothing_below_knows_what_is_above(module: str) -> None:
    """Neither a stage nor what it stands on imports the pipeline, the command line or a report of them."""
    assert imported(module) & ABOVE == set()


@pytest.mark.parametrize("module", STAGES)
def test_a_stage_is_a_module_with_a_function_of_its_name(module: str) -> None:
    """A stage is named by its verb and has one entry of that name, or loads what it is named after."""
    public = {node.name for node in tree(module).body if isinstance(node, ast.FunctionDef) and node.name[0] != "_"}
    assert public & {module, f"load_{module}", "load_library"}


def test_imports_go_one_way() -> None:
    """No module imports, over however many others, itself."""
    below: dict[str, set[str]] = {}
    waiting = set(MODULES)
    while ready := {module for module in waiting if imported(module) - {module} <= set(below)}:
        below |= {module: imported(module) for module in ready}
        waiting -= ready
    assert waiting == set()


# `apart` is also a program; what it says, its parent process reads.
@pytest.mark.parametrize("module", sorted(set(MODULES) - {"apart", "cli", "launch", "terminal"}))
def test_only_the_command_line_speaks_and_exits(module: str) -> None:
    """Diagnostics are values: nothing else prints, logs or ends the process."""
    found = [f"{module}:{call.lineno}" for call in calls(module) if ast.unparse(call.func) in {"print", "exit", "quit"}]
    found += [f"{module}:{line}" for name, line in names(module) if name in {"sys", "logging", "rich", "os._exit"}]
    found += [f"{module}:{line}" for name, line in names(module) if name.endswith("SystemExit")]
    assert found == []


@pytest.mark.parametrize("module", sorted(set(MODULES) - {"cli", "processes"}))
def test_only_the_command_line_and_processes_read_the_environment(module: str) -> None:
    """What a variable of the user's changes is seen in one place; a stage gives the same for the same input."""
    variables = {"os.environ", "os.getenv", "os.environb"}
    assert [f"{module}:{line}" for name, line in names(module) if name in variables] == []


# `launch` does not start a process: it becomes one, the command line in the checkout's .venv.
@pytest.mark.parametrize("module", sorted(set(MODULES) - {"launch", "processes"}))
def test_only_one_module_starts_processes(module: str) -> None:
    """A process started elsewhere would escape the time limit and the process group."""
    found = [f"{module}:{line}" for name, line in names(module) if name in STARTS or name.split(".")[0] in STARTS]
    found += [f"{module}:{line}" for name, line in names(module) if re.match(r"os\.(?:spawn|exec|posix_spawn)", name)]
    assert found == []


@pytest.mark.parametrize("module", sorted(set(MODULES) - {"system"}))
def test_only_system_writes_files(module: str) -> None:
    """A file written elsewhere could be left half written."""
    found = [f"{module}:{call.lineno}" for call in calls(module) if called(call) in WRITES or opens_for_writing(call)]
    assert found == []


@pytest.mark.parametrize("module", sorted(set(MODULES) - {"workshop", "check"}))
def test_only_the_workshop_makes_a_pool(module: str) -> None:
    """Everything else sees the Executor interface, so that another executor can take its place."""
    pools = ("ThreadPoolExecutor", "ProcessPoolExecutor", "ThreadPool")
    assert [f"{module}:{line}" for name, line in names(module) if name.endswith(pools)] == []


@pytest.mark.parametrize("module", MODULES)
def test_the_design_is_read_from_the_first_lines(module: str) -> None:
    """Each module begins with what it is for."""
    docstring = ast.get_docstring(tree(module))
    assert docstring
    assert docstring.split("\n")[0].endswith((".", ":", "?"))


@pytest.mark.parametrize("module", MODULES)
def test_nothing_is_kept_in_a_module(module: str) -> None:
    """No `global`, and no list, set or dictionary of a module that lower-case code fills."""
    assert not [node.lineno for node in ast.walk(tree(module)) if isinstance(node, ast.Global)]


@pytest.mark.parametrize("module", MODULES)
def test_values_at_the_seams_do_not_change(module: str) -> None:
    """Every dataclass is frozen and slotted: a later state is a later type."""
    for node in ast.walk(tree(module)):
        if not isinstance(node, ast.ClassDef):
            continue
        made = [text for text in map(ast.unparse, node.decorator_list) if text.startswith("dataclass")]
        assert [text for text in made if not {"frozen=True", "slots=True"} <= set(re.split(r"[(), ]+", text))] == []


def codes() -> set[str]:
    """Return the codes of all diagnostics that the package can make."""
    found = {
        argument.value
        for module in MODULES
        for call in calls(module)
        if called(call) in {"error", "warning", "info", "make"} and call.args
        for argument in call.args[:1]
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    }
    lua = "".join(path.read_text("utf-8") for path in sorted(PACKAGE.rglob("*.lua")))
    return found | set(re.findall(r"notice\(\s*'\w+',\s*'([^']+)'", lua))


def test_every_code_is_kebab_case_and_documented() -> None:
    """A code that a user meets in a report can be looked up in docs/diagnostics.md."""
    documented = (ROOT / "docs" / "diagnostics.md").read_text("utf-8")
    assert len(codes()) > 20
    assert [code for code in sorted(codes()) if not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", code)] == []
    assert [code for code in sorted(codes()) if not re.search(rf"(?m)\b{code}\b", documented)] == []


def test_the_shim_stays_tiny_and_guarded() -> None:
    """A root build.py shadows PyPA's `build`: imported, it does nothing."""
    text = (ROOT / "build.py").read_text("utf-8")
    assert text.count("\n") <= 10
    last = ast.parse(text).body[-1]
    assert isinstance(last, ast.If)
    assert "__main__" in ast.unparse(last.test)
    assert all(isinstance(node, ast.Expr | ast.If) for node in ast.parse(text).body)
