"""Images -> files for TeX: what is kept, what is drawn anew, and that it looks as in a browser."""

from __future__ import annotations

import struct
import subprocess
import sys
import zlib
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from PIL import Image, ImageCms

from notepress.errors import PictureError, Severity
from notepress.firstpage import take_first_page
from notepress.model import Picture
from notepress.rasters import PRINT_BOX, redraw
from notepress.svg import draw_svg
from tests.unit.drawn import BLUE, RED, RSVG, encoded, fonts, halves, pdf, store

SVG = (
    "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' width='96' height='48'>{}</svg>"
)
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def pixels(made: Picture) -> Image.Image:
    """Return what was made as colours on white paper."""
    image = Image.open(BytesIO(made.content)).convert("RGBA")
    paper = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(paper, image).convert("RGB")


def near(found: object, wanted: tuple[int, ...], by: int = 6) -> bool:
    """Say whether two colours look the same."""
    assert isinstance(found, tuple)
    return all(abs(a - b) <= by for a, b in zip(found, wanted, strict=True))


def chunk(name: bytes, content: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def refused(content: bytes) -> str:
    """Return the code with which an image is refused."""
    with pytest.raises(PictureError) as caught:
        redraw(content)
    return caught.value.diagnostics[0].code


@pytest.mark.parametrize(
    "content",
    [
        encoded("PNG"),
        encoded("JPEG"),
        encoded("JPEG", progressive=True),
        encoded("PNG", halves().convert("P")),
        encoded("PNG", Image.new("RGBA", (9, 9), (0, 0, 0, 90))),
        encoded("PNG", Image.new("1", (3504, 3504))),
    ],
)
def test_what_is_plain_stays_byte_for_byte(content: bytes) -> None:
    """A file that TeX shows as a browser does is not touched; line art keeps its resolution."""
    assert redraw(content).content == content


@pytest.mark.parametrize("content", [
    encoded("PNG", Image.new("1", (3500, 3500))),
    encoded("PNG", halves().crop((0, 0, 21, 60)).quantize(2), bits=1),
    encoded("GIF", halves().crop((0, 0, 21, 60)).quantize(2)),
])  # fmt: skip
def test_bad_input_45_rows_of_bits_end_with_a_byte(content: bytes) -> None:
    """What follows the last bit of a row is left to chance by xdvipdfmx: such images get larger pixels."""
    made = redraw(content).content
    before, after = Image.open(BytesIO(content)), Image.open(BytesIO(made))
    assert made[24] > 1
    assert before.convert("RGB").tobytes() == after.convert("RGB").tobytes()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (encoded("GIF"), "png"),
        (encoded("WEBP", lossless=True), "png"),
        (encoded("WEBP", quality=95), "jpg"),
        (encoded("BMP"), "png"),
        (encoded("TIFF"), "png"),
        (encoded("AVIF", quality=95), "jpg"),
        (encoded("PNG", icc_profile=PROFILE), "png"),
        (encoded("PNG", Image.new("RGBA", (9, 9), (*RED, 255))), "png"),
        (encoded("JPEG", Image.new("CMYK", (9, 9), (0, 232, 186, 35)), quality=100), "jpg"),
    ],
)
def test_every_kind_becomes_what_tex_reads(content: bytes, kind: str) -> None:
    """BAD_INPUT 29: GIF, WebP, BMP, TIFF, AVIF, profiles and CMYK come out in the colour they went in with."""
    made = redraw(content)
    assert made.kind == kind
    assert Image.open(BytesIO(made.content)).mode == "RGB" or kind == "png"
    assert "icc_profile" not in Image.open(BytesIO(made.content)).info
    assert near(pixels(made).getpixel((4, 4)), RED, 10)


def test_what_is_transparent_shows_the_paper() -> None:
    """Alpha stays where it lets something through, also in a palette."""
    clear = Image.new("P", (9, 9), 0)
    clear.putpalette([0, 0, 0, *RED])
    for content in (encoded("GIF", clear, transparency=0), encoded("WEBP", Image.new("RGBA", (9, 9)), lossless=True)):
        assert pixels(redraw(content)).getpixel((4, 4)) == (255, 255, 255)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_is_turned_upright(kind: str) -> None:
    """Orientation 6 of EXIF turns a quarter clockwise, as browsers do: left comes to the top."""
    exif = Image.Exif()
    exif[0x0112] = 6
    image = pixels(redraw(encoded(kind, halves(), exif=exif, quality=95)))
    assert image.size == (60, 120)
    assert near(image.getpixel((30, 20)), RED, 12)
    assert near(image.getpixel((30, 100)), BLUE, 12)


def test_grey_of_16_bits_is_scaled() -> None:
    """The middle of 65,535 greys is the middle of 255, not white."""
    assert near(pixels(redraw(encoded("PNG", Image.new("I;16", (9, 9), 32768)))).getpixel((4, 4)), (128,) * 3, 2)


def test_gamma_is_taken_into_account() -> None:
    """A PNG with linear light (gamma 1) is brighter on a screen than its numbers; an ordinary one is not."""
    plain = encoded("PNG", Image.new("RGB", (9, 9), (64, 64, 64)))
    for gamma, grey in ((100_000, 136), (45_455, 64)):
        content = plain[:33] + chunk(b"gAMA", struct.pack(">I", gamma)) + plain[33:]
        assert near(pixels(redraw(content)).getpixel((4, 4)), (grey,) * 3, 2)


def test_an_interlaced_png_is_straightened() -> None:
    """Seven passes become one, which TeX copies instead of decoding it at every build."""
    # A grey pixel is the same with and without interlacing.
    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 1)
    content = (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\x80")) + chunk(b"IEND", b"")
    )
    made = redraw(content)
    assert made.content[28] == 0
    assert pixels(made).getpixel((0, 0)) == (128, 128, 128)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_large_photo_is_made_as_small_as_print_needs(kind: str) -> None:
    """300 dots per inch at the largest size in print, with the size on paper that it had."""
    made = redraw(encoded(kind, Image.linear_gradient("L").resize((4000, 3000)).convert("RGB")))
    image = Image.open(BytesIO(made.content))
    assert image.size == (PRINT_BOX[0], 1275)
    # TeX's largest dimension is 227 inches.
    assert image.width / image.info["dpi"][0] < 100


def test_a_photo_in_a_png_becomes_small() -> None:
    """Noise that PNG can't compress goes into the PDF as JPEG, a drawing stays as it was drawn."""
    photo = Image.effect_noise((340, 460), 60).resize((3400, 4600)).convert("RGB")
    assert redraw(encoded("BMP", Image.new("RGB", (3400, 4600), RED))).kind == "png"
    assert redraw(encoded("BMP", photo)).kind == "jpg"


def test_a_decompression_bomb_is_refused_without_decoding() -> None:
    """BAD_INPUT 29: 20,000 × 20,000 pixels are an error that says so, at once."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 20000, 20000, 8, 2, 0, 0, 0))
    assert refused(b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", b"") + chunk(b"IEND", b"")) == "image-too-large"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"])
def test_a_truncated_image_is_refused(kind: str) -> None:
    """BAD_INPUT 29: an image that ends in its middle is damaged, whatever its kind."""
    content = encoded(kind, Image.effect_noise((80, 80), 90).convert("RGB"))
    assert refused(content[: len(content) // 2]) == "image-damaged"


def test_a_flipped_bit_is_noticed() -> None:
    """A PNG whose check sum is wrong would stop TeX's reader, though others show it."""
    content = bytearray(encoded("PNG", Image.effect_noise((80, 80), 90)))
    content[-20] ^= 1
    assert refused(bytes(content)) == "image-damaged"


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_of_an_animation_the_first_frame_is_shown(kind: str) -> None:
    """The first frame is printed, and that there are more is said."""
    second = Image.new("RGB", (120, 60), BLUE)
    made = redraw(encoded(kind, save_all=True, append_images=[second], duration=50))
    assert near(pixels(made).getpixel((4, 4)), RED, 12)
    assert [(d.severity, d.code) for d in made.remarks] == [(Severity.INFO, "image-first-frame")]


def test_a_sound_page_stays_as_it_is() -> None:
    """A PDF of one page goes to TeX byte for byte."""
    assert take_first_page(pdf()).content == pdf()


def test_of_several_pages_the_first_is_taken_upright() -> None:
    """Turned pages are turned as viewers show them, and the same bytes come out each time."""
    made = take_first_page(pdf(pages=3, turned=90))
    assert [d.code for d in made.remarks] == ["image-first-page"]
    with pikepdf.open(BytesIO(made.content)) as opened:
        assert len(opened.pages) == 1
        assert [float(x) for x in opened.pages[0].mediabox] == [0, 0, 60, 120]
        assert "/Rotate" not in opened.pages[0]
    assert take_first_page(pdf(pages=3, turned=90)).content == made.content


@pytest.mark.parametrize("box", [[120, 60, 0, 0], [-50, -50, 70, 10], [0, 0, 90000, 60]])
def test_odd_boxes_become_plain_ones(box: list[int]) -> None:
    """A box that stands on its head, lies elsewhere or is larger than TeX can measure is made good."""
    with pikepdf.open(BytesIO(pdf())) as opened:
        opened.pages[0].mediabox = pikepdf.Array(box)
        opened.pages[0].Rotate = 180
        stream = BytesIO()
        opened.save(stream)
    with pikepdf.open(BytesIO(take_first_page(stream.getvalue()).content)) as made:
        x0, y0, x1, y1 = (float(x) for x in made.pages[0].mediabox)
        assert (x0, y0) == (0, 0)
        assert 0 < x1 <= 7200
        assert 0 < y1 <= 7200


@pytest.mark.parametrize(("content", "code"), [(pdf(password="x"), "image-encrypted"), (b"%PDF-1.7", "image-damaged")])
def test_a_pdf_that_cannot_be_read_is_refused(content: bytes, code: str) -> None:
    """TeX never meets an encrypted or broken PDF."""
    with pytest.raises(PictureError) as caught:
        take_first_page(content)
    assert [d.code for d in caught.value.diagnostics] == [code]


def test_a_drawing_becomes_the_same_bytes_each_time() -> None:
    """No date and no random name is in the PDF of an SVG; its text is text, in the fonts of the build."""
    content = SVG.format("<text y='20' font-family='Microsoft YaHei'>中文 Text</text><text y='40'>宋体</text>").encode()
    made, remarks = draw_svg(content, fonts(), RSVG)
    assert remarks == ()
    assert draw_svg(content, fonts(), RSVG)[0] == made
    with pikepdf.open(BytesIO(made)) as opened:
        used = str([o.get("/BaseFont") for o in opened.objects if isinstance(o, pikepdf.Dictionary)])
        assert [float(x) for x in opened.pages[0].mediabox] == [0, 0, 72, 36]
    assert "NotoSansCJK" in used
    assert "NotoSerifCJK" in used
    assert "TeXGyreHeros" in used


@pytest.mark.parametrize(
    "reference",
    [
        "<image xlink:href='{}' width='9' height='9'/>",
        "<image href='file://{}' width='9' height='9'/>",
        "<image href='secret.png' width='9' height='9'/>",
        "<use href='https://example.org/a.svg#x'/>",
        "<filter id='f'><feImage href='{}'/></filter><rect width='9' height='9' filter='url(#f)'/>",
    ],
)
def test_a_drawing_reads_no_other_file(tmp_path: Path, reference: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An SVG can't bring a file of the machine into the PDF, and what it leaves out is said."""
    (tmp_path / "secret.png").write_bytes(encoded("PNG"))
    monkeypatch.chdir(tmp_path)
    made, remarks = draw_svg(SVG.format(reference.format(tmp_path / "secret.png")).encode(), fonts(), RSVG)
    assert b"/Image" not in made
    assert [(d.severity, d.code) for d in remarks] == [(Severity.WARNING, "image-incomplete")]


@pytest.mark.parametrize(
    "content",
    [
        "<!DOCTYPE svg [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>" + SVG.format("<text y='20'>&x;</text>"),
        "<!DOCTYPE svg [<!ENTITY a 'aaaaaaaaaa'>"
        + "".join(f"<!ENTITY {chr(98 + i)} '{('&' + chr(97 + i) + ';') * 10}'>" for i in range(9))
        + "]>"
        + SVG.format("<text>&j;</text>"),
        "<svg xmlns='http://www.w3.org/2000/svg'>",
    ],
)
def test_a_hostile_or_broken_drawing_is_refused(content: str) -> None:
    """Entities from files and entities that explode end as an error."""
    with pytest.raises(PictureError) as caught:
        draw_svg(content.encode(), fonts(), RSVG)
    assert [d.code for d in caught.value.diagnostics] == ["image-damaged"]


def test_what_a_drawing_loses_is_said() -> None:
    """Text as HTML is not drawn by librsvg, unless the drawing brings another way; both are told apart."""
    html = "<foreignObject><p xmlns='http://www.w3.org/1999/xhtml'>x</p></foreignObject>"
    lost = draw_svg(SVG.format(html).encode(), fonts(), RSVG)[1]
    assert [d.code for d in lost] == ["image-incomplete"]
    assert draw_svg(SVG.format(f"<switch>{html}<text y='9'>x</text></switch>").encode(), fonts(), RSVG)[1] == ()


def test_bad_input_44_an_image_is_converted_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was converted is found again, remarks and all; a damaged entry is made anew."""
    pictures, source = store(tmp_path), tmp_path / "a.gif"
    content = encoded("GIF", save_all=True, append_images=[Image.new("RGB", (120, 60), BLUE)])
    first = pictures.prepare(content, "raster", source)
    made = first.path.read_bytes()
    first.path.write_bytes(made[:50])
    assert pictures.prepare(content, "raster", source) == first
    assert first.path.read_bytes() == made
    assert first.remarks
    monkeypatch.setattr("notepress.rasters.redraw", None)
    assert pictures.prepare(content, "raster", source) == first


def test_a_plain_image_is_not_copied(tmp_path: Path) -> None:
    """TeX reads the author's file where it is good; only that it was looked at is kept."""
    pictures, source = store(tmp_path), tmp_path / "a.png"
    assert pictures.prepare(encoded("PNG"), "raster", source).path == source
    assert pictures.prepare(encoded("PNG"), "raster", source).path == source
    assert [path.suffix for path in (tmp_path / "pictures").iterdir()] == [".json"]


def test_a_note_without_images_loads_no_decoder() -> None:
    """Pillow and fontTools cost ten milliseconds each: only a build that converts something pays for them."""
    code = "import sys, notepress.pipeline; print({'PIL.Image', 'fontTools.ttLib'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
