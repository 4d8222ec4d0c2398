"""fonts.yaml -> FontSet: a file for every role."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from notepress import fonts
from notepress.errors import ExitCode, InputError, MissingToolError
from notepress.fonts import FontList, load_font_list, load_fonts
from notepress.fontset import ROLES
from notepress.project import Config, Font, Project

LISTED = load_font_list()
FACES = sorted({face for shapes in LISTED.roles.values() for one in shapes for face in one.faces()})
MANAGERS = ("apt", "dnf", "brew")


def project(root: Path, **chosen: Font) -> Project:
    """Return a project, perhaps with fonts of its own."""
    return Project(root=root, config=Config(fonts=chosen), configured=True)


def only(*names: str) -> object:
    """Return a stand-in for the search that finds these files alone."""

    def find(wanted: Iterable[str], _: Project) -> dict[str, Path]:
        return {name: Path("/fonts", name) for name in wanted if name in names}

    return find


def all_but(*names: str) -> object:
    """Return a stand-in for the search that finds every file but these."""
    return only(*(name for name in LISTED.files if name not in names))


def test_every_role_is_listed() -> None:
    """fonts.yaml says for each role that templates use which fonts may play it, and no more."""
    assert sorted(LISTED.roles) == sorted(ROLES)
    assert all(LISTED.roles.values())


@pytest.mark.parametrize("name", sorted({face.partition("#")[0] for face in FACES} | set(LISTED.fallback)))
def test_a_file_that_plays_a_role_is_described(name: str) -> None:
    """Nothing is used that has no checksum, licence and source."""
    assert name in LISTED.files


@pytest.mark.parametrize("name", LISTED.files)
def test_a_font_file_has_checksum_licence_and_source(name: str) -> None:
    """Each file can be verified, may be used, and can be got: from a package of the system or from npm."""
    font = LISTED.files[name]
    assert re.fullmatch("[0-9a-f]{64}", font.sha256)
    assert font.licence
    assert font.package or font.npm
    assert set(font.package) <= set(MANAGERS)
    if font.npm:
        assert re.fullmatch(r"(?:@[\w.-]+/)?[\w.-]+@\d+\.\d+\.\d+", font.npm.package)


@pytest.mark.parametrize("name", LISTED.files)
def test_no_font_comes_from_the_big_package(name: str) -> None:
    """texlive-fonts-extra is half a gigabyte; nothing may need it."""
    assert "texlive-fonts-extra" not in LISTED.files[name].package.values()


def test_each_file_is_listed_once() -> None:
    """Two files with one checksum would be one file under two names."""
    digests = [font.sha256 for font in LISTED.files.values()]
    assert len(set(digests)) == len(digests)


@pytest.mark.parametrize("face", FACES)
def test_a_face_of_a_collection_has_an_index(face: str) -> None:
    """A collection without an index would give its first face, which is Japanese."""
    name, _, index = face.partition("#")
    assert name.lower().endswith((".ttc", ".otc")) == bool(index)


def test_all_roles_are_filled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where every file is there, each role has its first choice, and files are known by name."""
    monkeypatch.setattr(fonts, "find_font_files", all_but())
    found = load_fonts(project(tmp_path))
    for role, family in found.families().items():
        first = LISTED.roles[role][0]
        assert [f"{f.file}#{f.index}" if f.collection else f.file for f in family.faces()] == list(first.faces())
    assert found.files() == {name: Path("/fonts", name) for name in found.files()}
    assert [face.file for face in found.fallback] == list(LISTED.fallback)


@pytest.mark.parametrize("role", [role for role in ROLES if len(LISTED.roles[role]) > 1])
def test_the_next_choice_takes_the_place_of_an_incomplete_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, role: str
) -> None:
    """When one file of the first choice is missing, the whole family is the second: never a mixture."""
    first, second = LISTED.roles[role][:2]
    monkeypatch.setattr(fonts, "find_font_files", all_but(first.faces()[-1].partition("#")[0]))
    family = load_fonts(project(tmp_path)).families()[role]
    assert [face.file for face in family.faces()] == [face.partition("#")[0] for face in second.faces()]


@pytest.mark.parametrize("manager", MANAGERS)
@pytest.mark.parametrize("role", ROLES)
def test_a_missing_font_is_named_with_its_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, role: str, manager: str
) -> None:
    """Without a font for a role, nothing is built; the message names the files, the hint how to get them."""
    names = {face.partition("#")[0] for shapes in LISTED.roles[role] for face in shapes.faces()}
    monkeypatch.setattr(fonts, "find_font_files", all_but(*names))
    monkeypatch.setattr(fonts, "package_manager", lambda: manager)
    with pytest.raises(MissingToolError) as caught:
        load_fonts(project(tmp_path))
    assert caught.value.exit_code is ExitCode.MISSING_TOOL
    found = next(d for d in caught.value.diagnostics if d.message.startswith(f"the font for {role} "))
    assert LISTED.roles[role][0].regular.partition("#")[0] in found.message
    packages = {LISTED.files[name].package.get(manager) for name in names} - {None}
    fetched = any(LISTED.files[name].npm for name in names)
    assert found.hint
    assert any(str(package) in found.hint for package in packages) or (fetched and "make fonts" in found.hint)


def test_all_missing_fonts_are_said_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """On a bare machine, one run names everything that has to be installed."""
    monkeypatch.setattr(fonts, "find_font_files", only())
    with pytest.raises(MissingToolError) as caught:
        load_fonts(project(tmp_path))
    assert len(caught.value.diagnostics) == len(ROLES)


def test_a_missing_fallback_is_no_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Fallback fonts are for rare characters: without one, the rest is built, in the same order."""
    in_roles = {face.partition("#")[0] for face in FACES}
    spare = [name for name in LISTED.fallback if name not in in_roles]
    monkeypatch.setattr(fonts, "find_font_files", all_but(spare[0]))
    found = load_fonts(project(tmp_path))
    assert [face.file for face in found.fallback] == [name for name in LISTED.fallback if name != spare[0]]


def test_a_project_may_choose_a_font(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A file named in notes.yaml plays its role, whatever is installed."""
    (tmp_path / "my.ttc").touch()
    monkeypatch.setattr(fonts, "find_font_files", all_but())
    family = load_fonts(project(tmp_path, kai=Font(file="my.ttc", index=2))).kai
    assert [(face.file, face.path, face.index) for face in family.faces()] == [
        ("my.ttc", (tmp_path / "my.ttc").resolve(), 2)
    ]


def test_a_chosen_font_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A font of notes.yaml that does not exist is said as such, not replaced without a word."""
    monkeypatch.setattr(fonts, "find_font_files", all_but())
    with pytest.raises(MissingToolError, match=r"none\.otf"):
        load_fonts(project(tmp_path, main=Font(file="none.otf")))


def test_an_unknown_role_is_a_mistake_with_the_roles(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A misspelt role in notes.yaml is an input error that lists the right ones."""
    monkeypatch.setattr(fonts, "find_font_files", all_but())
    with pytest.raises(InputError, match="serif") as caught:
        load_fonts(project(tmp_path, serif=Font(file="x.otf")))
    assert "cjk_main" in (caught.value.diagnostics[0].hint or "")


def test_a_font_in_the_project_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file in fonts/ of the project is taken before one of the system."""
    for folder in ("fonts/deep", "system"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "x.otf").touch()
    (tmp_path / "system" / "y.otf").touch()
    monkeypatch.setattr(fonts, "_SYSTEM_FOLDERS", (str(tmp_path / "system"),))
    found = fonts.find_font_files(["x.otf", "y.otf"], project(tmp_path))
    assert found == {"x.otf": tmp_path / "fonts/deep/x.otf", "y.otf": tmp_path / "system/y.otf"}


def test_a_file_without_a_checksum_is_refused() -> None:
    """fonts.yaml is read strictly: an entry that lacks a key is an error, not a default."""
    with pytest.raises(ValueError, match="sha256"):
        FontList.model_validate({"files": {"a.otf": {"family": "A", "licence": "X"}}, "roles": {}})
