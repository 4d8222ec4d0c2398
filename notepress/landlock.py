"""A wall around a child process: it sees the folders that it needs, and no others. Runs Linux's Landlock.

It takes no rights and no program, and holds for everything that the process starts. It belongs to a thread, so a thread
of its own goes behind the wall and starts the process there. Where Linux has none, or the system is another, there is
no wall, and `version` says so.
"""

from __future__ import annotations

import ctypes
import os
import platform
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

# The same numbers on every kind of processor (asm-generic/unistd.h).
_CREATE, _ADD, _RESTRICT = 444, 445, 446
_VERSION_FLAG, _BENEATH = 1, 1
_NO_NEW_RIGHTS = 38
_EXECUTE, _WRITE, _READ, _LIST = 1, 2, 4, 8
_TRUNCATE = 1 << 14
# What may be done to a file at all; the rest is for folders.
_OF_FILES = _EXECUTE | _WRITE | _READ | _TRUNCATE
# Which rights each version of Landlock knows: all below this bit.
_KNOWN_BITS = {1: 13, 2: 14, 3: 15}
_TCP = 3
_TCP_SINCE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Wall:
    """What lies within: files and folders that may be read and run, and those that may be written as well."""

    read: tuple[Path, ...]
    write: tuple[Path, ...]


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32))


@cache
def version() -> int:
    """Return the version of Landlock that this system has, 0 where there is none."""
    if platform.system() != "Linux":
        return 0
    return max(_call(_CREATE, None, 0, _VERSION_FLAG), 0)


def enter(wall: Wall) -> None:
    """Go behind a wall with this thread, for good; without Landlock nothing happens.

    Raises OSError where the system refuses, so that no process runs outside that should be within.
    """
    if not version():
        return
    every = (1 << _KNOWN_BITS.get(version(), 15)) - 1
    # The second field, for the network, is one that older versions don't take.
    asked = (ctypes.c_uint64 * (2 if version() >= _TCP_SINCE else 1))(
        every, *([_TCP] if version() >= _TCP_SINCE else [])
    )
    rules = _call(_CREATE, ctypes.byref(asked), ctypes.sizeof(asked), 0)
    if rules < 0:
        raise OSError(ctypes.get_errno(), "Landlock makes no ruleset")
    try:
        _allow(rules, wall.read, _EXECUTE | _READ | _LIST)
        _allow(rules, wall.write, every)
        if _libc().prctl(_NO_NEW_RIGHTS, 1, 0, 0, 0) or _call(_RESTRICT, rules, 0):
            raise OSError(ctypes.get_errno(), "Landlock can't be entered")
    finally:
        os.close(rules)


def _allow(rules: int, paths: Iterable[Path], rights: int) -> None:
    for path in paths:
        try:
            handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            # What is not there needs no way to it.
            continue
        try:
            folder = stat.S_ISDIR(os.fstat(handle).st_mode)
            rule = _Beneath(allowed=rights if folder else rights & _OF_FILES, folder=handle)
            if _call(_ADD, rules, _BENEATH, ctypes.byref(rule), 0):
                raise OSError(ctypes.get_errno(), "Landlock takes no rule", str(path))
        finally:
            os.close(handle)


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _call(number: int, *arguments: object) -> int:
    return int(_libc().syscall(number, *arguments))
