"""The memory of this process."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGES = str(Path(__file__).resolve().parents[2])
# Four threads take memory at the same time; then malloc tells of its heaps, in XML, to a C stream.
THREADS = """
import ctypes, threading
from notepress.heap import share_heap
share_heap()
meet = threading.Barrier(4)
def take():
    taken = bytearray(10_000)
    meet.wait()
threads = [threading.Thread(target=take) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
libc = ctypes.CDLL(None)
libc.malloc_info(0, ctypes.c_void_p.in_dll(libc, "stdout"))
libc.fflush(None)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_info"), reason="only glibc gives threads heaps of their own")
def test_threads_share_one_heap() -> None:
    """What a worker has freed is there for the thread that joins what the workers made."""
    said = subprocess.run([sys.executable, "-c", THREADS], cwd=PACKAGES, capture_output=True, text=True, check=True)
    assert said.stdout.count("<heap nr=") == 1
