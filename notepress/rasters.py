"""An image made of pixels -> one that TeX takes and that prints as a browser shows it. Runs Pillow.

What is plain stays as it is, byte for byte; the rest is drawn anew: upright, in sRGB with 8 bits, no finer than print
needs. Every pixel is decoded once, so that TeX never meets a damaged image.
"""

from __future__ import annotations

import struct
from io import BytesIO

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from .errors import Diagnostic, PictureError, error, info
from .model import Picture

# 300 dots per inch on the widest text, 141 mm, and on the highest image, 192 mm; see \noteimage.
PRINT_BOX = (1700, 2300)
# Decoded, 400 MB; beyond it lie decompression bombs.
MOST_PIXELS = 100_000_000
# Pillow would print a warning from a size of its own on; the size is looked at here instead.
Image.MAX_IMAGE_PIXELS = None

# Named one by one: for others, such as EPS, Pillow starts programs. A JPEG of two lenses (MPO) counts as JPEG.
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "AVIF", "JPEG2000")
_LOSSY = {"JPEG", "MPO", "AVIF"}
# Chunks with which xdvipdfmx shows a PNG as a browser does. Gamma and profiles are taken into account here, once.
_PLAIN_CHUNKS = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"pHYs", b"tEXt", b"zTXt", b"iTXt", b"tIME"}
_ORIENTATION = 0x0112
# What PNG calls the gamma of an ordinary screen.
_SCREEN_GAMMA = 0.45455
# An image whose own size is beyond this many inches would overflow TeX's largest dimension (227 inches).
_MOST_INCHES = 50.0
# As PNG a photo is three to four times larger than as JPEG; text made smaller not twice, a drawing is even smaller.
_PHOTO_RATIO, _PHOTO_BYTES = 2.5, 400_000


def redraw(content: bytes) -> Picture:
    """Return an image for TeX; raises PictureError where it is damaged or too large."""
    image, pixels = _decode(content)
    density = _density(image)
    upright = image.getexif().get(_ORIENTATION, 1) in {0, 1}
    remarks = _remarks(image)
    if upright and _is_plain(image, content, pixels, density):
        return Picture(kind="jpg" if image.format == "JPEG" else "png", content=content, remarks=remarks)
    lossy = image.format in _LOSSY or (image.format == "WEBP" and b"VP8 " in content[:64])
    target = _fit(pixels)
    drawn = _in_srgb(image)
    if drawn.size != target and drawn.mode != "1":
        if drawn.mode == "P":
            drawn = drawn.convert("RGB")
        drawn = drawn.resize(target, Image.Resampling.LANCZOS, reducing_gap=3.0)
    # The size on paper stays what it was.
    density = max(density * drawn.width / pixels[0], max(drawn.size) / _MOST_INCHES)
    # The rotation is among the metadata, which stay behind.
    drawn.getexif().update(image.getexif())
    drawn = ImageOps.exif_transpose(drawn) if not upright else drawn
    return _encode(drawn, density, remarks, lossy=lossy)


def _decode(content: bytes) -> tuple[Image.Image, tuple[int, int]]:
    """Return the first frame, decoded, and how many pixels across and down the file has."""
    try:
        image = Image.open(BytesIO(content), formats=_FORMATS)
        pixels = image.size
        if pixels[0] * pixels[1] > MOST_PIXELS:
            raise PictureError(
                error(
                    "image-too-large",
                    f"has {pixels[0]} × {pixels[1]} pixels, more than {MOST_PIXELS // 1_000_000} million",
                    hint=f"make it smaller; {PRINT_BOX[0]} pixels across are enough for print",
                )
            )
        if image.format == "PNG":
            # Checks the sums of all chunks, as TeX does; decoding does not.
            Image.open(BytesIO(content), formats=_FORMATS).verify()
        width, height = _fit(pixels)
        # A JPEG can be decoded at an eighth of its size, which takes a tenth of time and memory.
        image.draft(None, (2 * width, 2 * height))
        image.load()
    except PictureError:
        raise
    except UnidentifiedImageError as problem:
        raise _damaged("its header can't be read") from problem
    # Decoders of a dozen formats meet whatever a broken file holds: each has errors of its own.
    except Exception as problem:
        raise _damaged(str(problem) or type(problem).__name__) from problem
    return image, pixels


def _damaged(reason: str) -> PictureError:
    return PictureError(
        error("image-damaged", f"is damaged ({reason})", hint="open it in an image viewer and save it again")
    )


def _fit(pixels: tuple[int, int]) -> tuple[int, int]:
    """Return the pixels that print needs; an image is not made a little smaller, which would only blur it."""
    factor = min(PRINT_BOX[0] / pixels[0], PRINT_BOX[1] / pixels[1])
    if factor > 0.9:
        return pixels
    return max(1, round(pixels[0] * factor)), max(1, round(pixels[1] * factor))


def _density(image: Image.Image) -> float:
    """Return the dots per inch that the file asks for, 72 where it says nothing sensible."""
    try:
        density = float(image.info.get("dpi", (72.0, 72.0))[0])
    except (TypeError, ValueError, ZeroDivisionError):
        return 72.0
    return density if 10.0 <= density <= 10_000.0 else 72.0


def _is_plain(image: Image.Image, content: bytes, pixels: tuple[int, int], density: float) -> bool:
    """Say whether xdvipdfmx would show the file as a browser does, at once and no larger than print needs."""
    if max(pixels) / density > _MOST_INCHES or len(set(image.info.get("dpi", ()))) > 1:
        return False
    if image.format == "PNG" and content[24] == 1 and pixels[0] % 8:
        return False
    if image.mode == "1" and image.format == "PNG":
        return _has_plain_chunks(content)
    if _fit(pixels) != pixels:
        return False
    if image.format == "JPEG":
        return image.mode in {"L", "RGB"}
    opaque = image.mode in {"L", "RGB", "P"} or _is_translucent(image)
    return image.format == "PNG" and opaque and _has_plain_chunks(content)


def _has_plain_chunks(content: bytes) -> bool:
    # Eight bits at most, and not interlaced.
    if content[24] > 8 or content[28]:
        return False
    place = 8
    while place + 8 <= len(content):
        length, name = struct.unpack_from(">I4s", content, place)
        if name not in _PLAIN_CHUNKS:
            return False
        if name == b"IEND":
            return True
        place += length + 12
    return False


def _is_translucent(image: Image.Image) -> bool:
    """Say whether any pixel lets the paper through; screenshots often have an alpha channel for nothing."""
    if not image.has_transparency_data:
        return False
    lowest, _ = image.convert("RGBA").getchannel("A").getextrema()
    return bool(lowest != 255)


def _in_srgb(image: Image.Image) -> Image.Image:
    """Return the image in one of the modes 1, L, P, RGB and RGBA, with the colours of an ordinary screen."""
    profile, gamma = image.info.get("icc_profile"), image.info.get("gamma")
    if image.mode.startswith(("I", "F")):
        # 16 bits of grey; conversion alone would cut off instead of scale.
        drawn = image.convert("F").point(lambda value: value * (1 / 257) + 0).convert("L")
    elif _is_translucent(image):
        drawn = image.convert("RGBA")
    elif image.mode in {"1", "L"} or (image.mode == "P" and image.getpalette("RGB") and not profile and not gamma):
        drawn = image.copy()
        drawn.info.pop("transparency", None)
    elif image.mode == "CMYK":
        drawn = image if profile else image.convert("RGB")
    else:
        drawn = image.convert("RGB")
    if profile and drawn.mode in {"RGB", "RGBA", "CMYK"}:
        drawn = _without_profile(drawn, profile)
    elif gamma and "srgb" not in image.info and abs(gamma - _SCREEN_GAMMA) > 0.005 and drawn.mode != "1":
        drawn = _with_gamma(drawn, _SCREEN_GAMMA / gamma)
    return drawn


def _without_profile(image: Image.Image, profile: bytes) -> Image.Image:
    colours = image.convert("RGB") if image.mode == "RGBA" else image
    try:
        source = ImageCms.getOpenProfile(BytesIO(profile))
        made = ImageCms.profileToProfile(colours, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        # Browsers ignore a broken profile as well.
        made = None
    drawn = made or colours.convert("RGB")
    if image.mode == "RGBA":
        drawn.putalpha(image.getchannel("A"))
    return drawn


def _with_gamma(image: Image.Image, exponent: float) -> Image.Image:
    table = [round(255 * (value / 255) ** exponent) for value in range(256)]
    same = list(range(256))
    return image.point(table * len(image.getbands()) if image.mode != "RGBA" else table * 3 + same)


def _encode(image: Image.Image, density: float, remarks: tuple[Diagnostic, ...], *, lossy: bool) -> Picture:
    image.info.clear() if image.mode != "P" else image.info.pop("icc_profile", None)
    photo = image.mode in {"L", "RGB"}
    if lossy and photo:
        return Picture(kind="jpg", content=_as_jpeg(image, density), remarks=remarks)
    stream = BytesIO()
    _whole_bytes(image).save(stream, "PNG", dpi=(density, density), exif=b"")
    content = stream.getvalue()
    if photo and len(content) > _PHOTO_BYTES:
        smaller = _as_jpeg(image, density)
        if len(smaller) * _PHOTO_RATIO < len(content):
            return Picture(kind="jpg", content=smaller, remarks=remarks)
    return Picture(kind="png", content=content, remarks=remarks)


def _whole_bytes(image: Image.Image) -> Image.Image:
    """Return an image whose rows end with a byte; xdvipdfmx fills up others with what its memory happens to hold.

    Only pixels of one bit have such rows in its hands; Pillow writes them also for palettes of two colours.
    """
    if image.width % 8 == 0:
        return image
    if image.mode == "P" and len(image.getpalette("RGB") or ()) <= 6:
        return image.convert("RGB")
    return image.convert("L") if image.mode == "1" else image


def _as_jpeg(image: Image.Image, density: float) -> bytes:
    stream = BytesIO()
    # Full resolution of colour, because red text on white frays without it.
    image.save(stream, "JPEG", quality=90, subsampling=0, dpi=(max(1, round(density)),) * 2)
    return stream.getvalue()


def _remarks(image: Image.Image) -> tuple[Diagnostic, ...]:
    # A photo of two lenses is no animation.
    if image.format == "MPO" or not getattr(image, "is_animated", False):
        return ()
    return (info("image-first-frame", "has several frames; the first is printed"),)
