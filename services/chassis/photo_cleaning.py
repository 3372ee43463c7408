"""Photos: only pixels go in, nothing that the camera wrote beside them (domain 1.4 V10).

What a file is, its bytes say; its name and its declared type are not asked. A photo is decoded and encoded anew, so
EXIF, GPS, XMP, comments, thumbnails, colour profiles, hidden alpha, palettes and whatever rides behind the picture
(motion clips, archives) stay out. A file of another kind is refused even if a photo hides in it.

Colour profiles are dropped, not converted: they name devices and their makers, and slightly duller colours harm no
evidence. PNG stays PNG (screens and documents must stay sharp); JPEG and WebP become JPEG, which every phone reads.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from typing import Any, ClassVar, Literal

from PIL import Image, ImageOps

MediaType = Literal["image/jpeg", "image/png"]


@dataclass(frozen=True, slots=True)
class PhotoLimits:
    """Bytes of the file (as sent, and as kept), pixels of the picture, pixels of its longer side."""

    max_bytes: int = 10 * 1024 * 1024
    max_pixels: int = 40_000_000
    max_side: int = 65_500  # the widest JPEG that libjpeg writes


@dataclass(frozen=True, slots=True)
class CleanPhoto:
    """A photo as it may be kept: upright, opaque, without metadata; ``sha256`` (hex) is of ``data``."""

    data: bytes
    media_type: MediaType
    width: int
    height: int
    sha256: str


class PhotoRefused(ValueError):
    """Base of the two refusals; carries both languages and nothing of the file."""

    code: ClassVar[str]

    def __init__(self, message_zh: str, message_en: str) -> None:
        self.message_zh, self.message_en = message_zh, message_en
        super().__init__(f"{message_zh} / {message_en}")


class NotAPhoto(PhotoRefused):
    """Not a whole JPEG, PNG or WebP picture."""

    code = "NOT_A_PHOTO"


class PhotoTooLarge(PhotoRefused):
    """Over one of the limits, before or after cleaning; ``limit`` says which."""

    code = "PHOTO_TOO_LARGE"

    def __init__(self, message_zh: str, message_en: str, limit: str) -> None:
        super().__init__(message_zh, message_en)
        self.limit = limit


def clean(data: bytes, limits: PhotoLimits = PhotoLimits()) -> CleanPhoto:
    """Re-encode a photo without anything but its pixels; of an animation, the first frame (domain 1.4 V10).

    Takes about 8 bytes of memory per pixel (16 for WebP) and a second for the largest: call it in a worker thread, one at
    a time.
    Raises NotAPhoto, PhotoTooLarge; no other exception whatever the bytes are.
    """
    if len(data) > limits.max_bytes:
        raise _too_heavy(limits)
    kind = _sniffed(data)
    pixels = _decoded(data, kind, limits)
    encoded, media_type = _encoded(pixels, kind, limits)
    return CleanPhoto(encoded, media_type, pixels.width, pixels.height, hashlib.sha256(encoded).hexdigest())


# --- what it is ----------------------------------------------------------------------------------------------------

_Kind = Literal["JPEG", "PNG", "WEBP"]
_HEIF_BRANDS = {b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis"}


def _sniffed(data: bytes) -> _Kind:
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WEBP"
    if not data:
        raise NotAPhoto("文件是空的，请重新选择照片", "the file is empty: choose the photo again")
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS:
        raise NotAPhoto(
            "暂不支持 HEIC/AVIF 照片，请在手机相机设置中选择“兼容性最佳”，或发送截图",
            "HEIC and AVIF photos cannot be read: set the phone's camera to “most compatible”, or send a screenshot",
        )
    raise NotAPhoto(
        "这不是 JPEG、PNG 或 WebP 照片，请改发照片或截图",
        "this is not a JPEG, PNG or WebP photo: send a photo or a screenshot instead",
    )


# --- reading -------------------------------------------------------------------------------------------------------


def _decoded(data: bytes, kind: _Kind, limits: PhotoLimits) -> Image.Image:
    """The first frame, upright, as opaque RGB or grey pixels with no metadata attached."""
    if kind == "WEBP":  # its decoder takes memory for the whole canvas as soon as the file is opened
        _check_size(_webp_size(data), limits)
    if kind == "JPEG":
        _check_scans(data)
    try:
        image: Image.Image = Image.open(BytesIO(data), formats=(kind,))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels(limits) from error
    except Exception as error:  # a decoder fed by strangers may fail in any way: all of them mean the same here
        raise _damaged() from error
    _check_size(image.size, limits)
    try:
        image.load()
        image = _upright(image)  # rebound at each step: a copy weighs 4 bytes per pixel
        return _opaque(image)
    except Exception as error:
        raise _damaged() from error


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # a broken EXIF block costs the rotation, not the photo
        return image.copy()


def _opaque(image: Image.Image) -> Image.Image:
    """Flatten on white: what an eraser made transparent is still there under the alpha channel."""
    if image.mode.startswith("I;16"):  # convert() would clip 16-bit grey instead of scaling it
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    image = image.convert("L" if image.mode in {"1", "L"} else "RGB")
    image.info = {}  # where Pillow keeps comments, profiles and transparency that it would write again
    return image


def _check_size(size: tuple[int, int], limits: PhotoLimits) -> None:
    width, height = size
    if width < 1 or height < 1:
        raise _damaged()
    if width * height > limits.max_pixels or max(size) > limits.max_side:
        raise _too_many_pixels(limits)


def _webp_size(data: bytes) -> tuple[int, int]:
    """The canvas that a WebP header declares (WebP container: VP8X, VP8L, VP8 chunks)."""
    match data[12:16]:
        case b"VP8X" if len(data) >= 30:
            return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
        case b"VP8L" if len(data) >= 25 and data[20] == 0x2F:
            bits = int.from_bytes(data[21:25], "little")
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 " if len(data) >= 30 and data[23:26] == b"\x9d\x01\x2a":
            return int.from_bytes(data[26:28], "little") & 0x3FFF, int.from_bytes(data[28:30], "little") & 0x3FFF
    raise _damaged()


_MAX_SEGMENTS, _MAX_SCANS = 2000, 100  # cameras and web tools write at most a few hundred and a dozen
_SEGMENT = re.compile(rb"\xff[^\x00\x01\xd0-\xd8\xff]")  # a marker that is followed by a length, or the end (D9)
_END, _SCAN = 0xD9, 0xDA


def _check_scans(data: bytes) -> None:
    """Refuse a JPEG of endless scans: 60 bytes buy a pass over all pixels (25 ms at 36 megapixels, minutes per file)."""
    segments = list(islice(_segments(data), _MAX_SEGMENTS + 1))
    if len(segments) > _MAX_SEGMENTS or not 1 <= segments.count(_SCAN) <= _MAX_SCANS:
        raise _damaged()


def _segments(data: bytes) -> Iterator[int]:
    """Marker codes of a JPEG up to its end, skipping strays between segments as libjpeg does."""
    at = 2
    while (found := _SEGMENT.search(data, at)) and (code := data[found.end() - 1]) != _END:
        yield code
        at = found.end() + int.from_bytes(data[found.end() : found.end() + 2])


# --- writing -------------------------------------------------------------------------------------------------------

_QUALITIES = (85, 70, 50)


def _encoded(pixels: Image.Image, kind: _Kind, limits: PhotoLimits) -> tuple[bytes, MediaType]:
    """The best encoding that is no larger than what may be sent."""
    attempts: list[tuple[MediaType, dict[str, Any]]] = [
        ("image/jpeg", {"format": "JPEG", "quality": quality}) for quality in _QUALITIES
    ]
    if kind == "PNG":
        attempts.insert(0, ("image/png", {"format": "PNG"}))
    for media_type, options in attempts:
        out = BytesIO()
        pixels.save(out, **options)
        if out.tell() <= limits.max_bytes:
            return out.getvalue(), media_type
    raise _too_heavy(limits)


# --- refusals ------------------------------------------------------------------------------------------------------


def _damaged() -> NotAPhoto:
    return NotAPhoto(
        "照片不完整或已损坏，请重新选择后再发", "the photo is incomplete or damaged: choose it again and resend"
    )


def _too_heavy(limits: PhotoLimits) -> PhotoTooLarge:
    size = f"{limits.max_bytes / 1024 / 1024:g} MiB"
    return PhotoTooLarge(
        f"照片超过 {size}，请压缩或发送截图",
        f"the photo is over {size}: send it compressed, or send a screenshot of it",
        limit=size,
    )


def _too_many_pixels(limits: PhotoLimits) -> PhotoTooLarge:
    size = f"{limits.max_pixels:,} px"
    return PhotoTooLarge(
        f"照片尺寸过大（上限 {size}，边长 {limits.max_side:,}），请缩小后再发",
        f"the picture is too large (at most {size}, {limits.max_side:,} a side): resend it smaller",
        limit=size,
    )
