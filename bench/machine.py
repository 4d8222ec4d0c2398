"""What the numbers were measured on and with: the machine, the versions, and what is missing."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import subprocess
from pathlib import Path

import notepress
from notepress.pandoc import pandoc_version
from notepress.processes import find_tool
from notepress.tex import tool_version

# Program -> how to get it; latexmk is needed only here, so `make pdf` does not install it.
_PROGRAMS = {"xelatex": "make setup", "make": "apt-get install make", "latexmk": "apt-get install latexmk"}
_MODULES = {"typst": "make bench", "matplotlib": "make bench"}


def missing(systems: frozenset[str]) -> list[str]:
    """Return a line for each program or package that these systems need and that is not there."""
    programs = {"xelatex", "make"} | ({"latexmk"} & systems)
    modules = {"matplotlib"} | ({"typst"} & systems)
    lines = [f"{name} is missing: {_PROGRAMS[name]}" for name in sorted(programs) if find_tool(name) is None]
    absent = [name for name in sorted(modules) if importlib.util.find_spec(name) is None]
    return lines + [f"the Python package {name} is missing: {_MODULES[name]}" for name in absent]


def machine() -> dict[str, str]:
    """Return processor, cores, memory and system, in words."""
    return {
        "CPU": _proc("/proc/cpuinfo", "model name") or platform.processor() or platform.machine(),
        "cores": str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()),
        "memory": f"{int(_proc('/proc/meminfo', 'MemTotal').split()[0]) / 2**20:.0f} GiB"
        if Path("/proc/meminfo").exists()
        else "unknown",
        "system": f"{_system()}, {platform.machine()}",
    }


def versions(systems: frozenset[str]) -> dict[str, str]:
    """Return the versions of all that takes part."""
    found = {
        "notepress": notepress.__version__,
        "Python": platform.python_version(),
        "pandoc": pandoc_version(),
        "xelatex": tool_version(),
    }
    if "latexmk" in systems:
        words = subprocess.run(["latexmk", "-v"], capture_output=True, text=True, check=False).stdout.split()
        found["latexmk"] = words[-1] if words else "unknown"
    if "typst" in systems:
        found["Typst"] = importlib.metadata.version("typst")
    return found


def _system() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return f"{platform.system()} {platform.release()}"


def _proc(path: str, name: str) -> str:
    """Return the value of the first line of this name in a file of /proc; empty where there is none."""
    try:
        lines = Path(path).read_text("utf-8").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")
