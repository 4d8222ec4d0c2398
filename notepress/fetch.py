"""Fetches the fonts that fonts.yaml gives an npm source into the project's fonts/. Runs npm."""

from __future__ import annotations

import io
import tarfile
from collections import defaultdict
from collections.abc import Iterator

from .errors import MissingToolError, error
from .fonts import find_font_files, load_font_list
from .processes import find_tool, run_process
from .project import Project
from .system import digest, file_digest, work_folder, write_atomic

# 70 MB a package; a slow line must be able to finish.
_SECONDS = 1800.0


def fetch_fonts(project: Project) -> Iterator[str]:
    """Fetch what is missing, check it, and say what was done.

    Raises MissingToolError where npm is missing, can't reach its registry, or delivers other bytes than
    the ones fonts.yaml promises.
    """
    listed = load_font_list()
    folder = project.root / "fonts"
    wanted: dict[str, list[str]] = defaultdict(list)
    for name, font in listed.files.items():
        if font.npm is None:
            continue
        if (folder / name).is_file() and file_digest(folder / name) == font.sha256:
            yield f"{name}: already there"
        else:
            wanted[font.npm.package].append(name)
    for package, names in wanted.items():
        yield f"fetching {package}"
        archive = _fetch(package)
        for name in names:
            font = listed.files[name]
            assert font.npm is not None
            content = _member(archive, f"package/{font.npm.member}")
            if digest(content) != font.sha256:
                hint = "delete the npm cache and try again; if it stays, the package was changed"
                raise MissingToolError(
                    error("font-checksum", f"{name} from {package} is not the file that fonts.yaml promises", hint=hint)
                )
            write_atomic(folder / name, content)
            yield f"{name}: {len(content) / 1e6:.1f} MB, checked"
    rest = [name for name, font in listed.files.items() if font.npm is None]
    for name in sorted(set(rest) - set(find_font_files(rest, project))):
        yield f"{name}: still missing; it comes with {' or '.join(sorted(set(listed.files[name].package.values())))}"


def _fetch(package: str) -> bytes:
    npm = find_tool("npm")
    if npm is None:
        raise MissingToolError(
            error("npm-missing", "npm is not installed", hint="install npm (apt, dnf) or node (brew)")
        )
    with work_folder() as folder:
        result = run_process([npm, "pack", "--silent", package], cwd=folder, seconds=_SECONDS)
        archives = sorted(folder.glob("*.tgz"))
        if result.code != 0 or not archives:
            raise MissingToolError(
                error(
                    "font-fetch",
                    f"npm could not fetch {package}",
                    hint="check the network, or put the file into fonts/ yourself",
                )
            )
        return archives[0].read_bytes()


def _member(archive: bytes, name: str) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
        member = packed.extractfile(name)
        return member.read() if member else b""
