#!/usr/bin/env python3
"""Bring a machine to where the build can run: system packages from one list, and a .venv with locked versions.

Standard library only, because it runs before anything is installed. Says what it installs; does nothing
where nothing is missing. Exit 3 where it may not install, with the commands that somebody who may can type.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ROOT / "setup" / "packages.txt"
VENV = ROOT / ".venv"
MANAGERS = ("apt", "dnf", "brew")
INSTALL = {
    "apt": "apt-get update && apt-get install --no-install-recommends",
    "dnf": "dnf install",
    "brew": "brew install",
}
OLDEST_PYTHON = (3, 11)
MISSING_TOOL = 3


def read_packages() -> dict[str, list[str]]:
    """Return the package names of every manager, in the order of the list."""
    found: dict[str, list[str]] = {manager: [] for manager in MANAGERS}
    for line in PACKAGES.read_text("utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        for manager, cell in zip(MANAGERS, line.split("|")[1:], strict=True):
            found[manager] += [name for name in cell.split() if name != "-" and name not in found[manager]]
    return found


def missing_debian(packages: list[str]) -> list[str]:
    """Return the packages that dpkg does not call installed."""
    query = ["dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Status}\n", *packages]
    # dpkg-query fails when it does not know one of the names; what it prints is still right.
    output = subprocess.run(query, capture_output=True, text=True, check=False).stdout
    installed = {line.split()[0] for line in output.splitlines() if line.endswith(" installed")}
    return [name for name in packages if name not in installed]


def administrator() -> list[str] | None:
    """Return the prefix of a command that may install packages, or None."""
    if os.geteuid() == 0:
        return []
    can_sudo = (
        shutil.which("sudo")
        and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
    )
    return ["sudo", "-n"] if can_sudo else None


def explain(packages: dict[str, list[str]]) -> None:
    """Print what to type on each kind of system, and stop."""
    print("notepress: system packages are missing and this user may not install them. As an administrator:")
    for manager in MANAGERS:
        print(f"  {manager:4}  {INSTALL[manager]} {' '.join(packages[manager])}")
    print("Without an administrator, install TeX Live into your home folder and fetch the fonts with: make fonts")
    sys.exit(MISSING_TOOL)


def install_system_packages() -> None:
    """Install what is missing on Debian and its children; elsewhere make sure that TeX is there."""
    packages = read_packages()
    if not shutil.which("dpkg-query") or not shutil.which("apt-get"):
        if not shutil.which("xelatex"):
            explain(packages)
        return
    missing = missing_debian(packages["apt"])
    if not missing:
        return
    prefix = administrator()
    if prefix is None:
        explain({**packages, "apt": missing})
        return
    print(f"notepress: installing {len(missing)} system packages: {' '.join(missing)}", flush=True)
    for step in (["update"], ["install", "--yes", "--no-install-recommends", *missing]):
        command = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", *step]
        # apt and the packages' scripts say a hundred lines that matter only where something fails.
        result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            print("\n".join((result.stdout + result.stderr).splitlines()[-20:]))
            print(f"notepress: apt-get {step[0]} failed; the packages are: {' '.join(missing)}")
            sys.exit(MISSING_TOOL)


def install_python_packages(requirements: Path) -> None:
    """Create .venv if need be and install the locked versions, each checked against its hash."""
    python = VENV / "bin" / "python"
    if not python.exists():
        print("notepress: creating .venv", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=True)
    count = sum(1 for line in requirements.read_text("utf-8").splitlines() if "==" in line)
    print(f"notepress: installing {count} locked Python packages into .venv", flush=True)
    command: list[str | Path] = [
        python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--require-hashes",
        "--requirement",
        requirements,
    ]
    if subprocess.run(command, check=False).returncode != 0:
        print("notepress: pip could not install the Python packages; is the network reachable?")
        sys.exit(MISSING_TOOL)


def main() -> None:
    """Run as `bootstrap.py REQUIREMENTS STAMP`; touches STAMP when all is there."""
    if sys.version_info < OLDEST_PYTHON:
        print(f"notepress: Python {'.'.join(map(str, OLDEST_PYTHON))} or newer is needed; this is {sys.version}")
        sys.exit(MISSING_TOOL)
    requirements, stamp = ROOT / sys.argv[1], ROOT / sys.argv[2]
    install_system_packages()
    install_python_packages(requirements)
    stamp.touch()


if __name__ == "__main__":
    main()
