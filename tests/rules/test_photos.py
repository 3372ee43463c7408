"""Photos: what must not leave the camera does not, and nothing but the two refusals comes out (domain 1.4 V10)."""

import hashlib
import re
import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import NoReturn

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageFile, PngImagePlugin
from PIL.ExifTags import GPS, IFD, Base

from services.chassis.photo_cleaning import CleanPhoto, NotAPhoto, PhotoLimits, PhotoRefused, PhotoTooLarge, clean

# Pillow warns of broken metadata; the suite turns warnings into errors, the product does not.
pytestmark = pytest.mark.filterwarnings("ignore:::PIL")

CANARY = b"canary-41.8057N-123.4315E"
TEXT = CANARY.decode()


def corner(size: tuple[int, int] = (48, 32)) -> Image.Image:
    """A grey picture with a red top left corner, so that a test sees which way is up."""
    image = Image.new("RGB", size, (90, 90, 90))
    image.paste((220, 20, 20), (0, 0, size[0] // 2, size[1] // 2))
    return image


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def exif(orientation: int = 1) -> Image.Exif:
    tags = Image.Exif()
    tags[Base.Orientation] = orientation
    tags[Base.Make] = tags[Base.ImageDescription] = tags[Base.Artist] = TEXT
    tags.get_ifd(IFD.Exif)[Base.UserComment] = b"ASCII\0\0\0" + CANARY
    tags.get_ifd(IFD.Exif)[Base.MakerNote] = CANARY
    tags.get_ifd(IFD.GPSInfo).update(
        {GPS.GPSLatitudeRef: "N", GPS.GPSLatitude: (41.0, 48.0, 20.5), GPS.GPSAreaInformation: CANARY}
    )
    return tags


def camera_jpeg(orientation: int = 1) -> bytes:
    """A JPEG with a canary in every place that cameras, editors and messengers write to."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes() + CANARY
    data = saved(
        corner(),
        "JPEG",
        quality=95,
        exif=exif(orientation),
        xmp=b"<x>" + CANARY + b"</x>",
        comment=CANARY,
        icc_profile=profile,
    )
    iptc = b"Photoshop 3.0\x008BIM\x04\x04\0\0" + struct.pack(">I", len(CANARY)) + CANARY
    app13 = b"\xff\xed" + struct.pack(">H", len(iptc) + 2) + iptc
    return data[:2] + app13 + data[2:] + b"trailer" + CANARY


def pixels(photo: CleanPhoto) -> Image.Image:
    image = Image.open(BytesIO(photo.data))
    image.load()
    return image


def is_red(colour: object) -> bool:
    assert isinstance(colour, tuple)
    return bool(colour[0] > 150 and colour[1] < 90)


# --- what stays out ------------------------------------------------------------------------------------------------


def test_a_camera_jpeg_comes_out_as_pixels_alone() -> None:
    dirty = camera_jpeg()
    assert dirty.count(CANARY) >= 9
    photo = clean(dirty)
    assert CANARY not in photo.data
    assert not re.search(rb"Exif|GPS|http://ns\.adobe|ICC_PROFILE|Photoshop|MPF", photo.data)
    segments = {photo.data[at + 1] for at in (m.start() for m in re.finditer(rb"\xff[\xe1-\xef\xfe]", photo.data))}
    assert not segments, "only the JFIF header may precede the picture"
    assert photo.data.endswith(b"\xff\xd9")
    image = pixels(photo)
    assert not image.getexif()
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert (photo.media_type, photo.width, photo.height) == ("image/jpeg", 48, 32) == ("image/jpeg", *image.size)
    assert photo.sha256 == hashlib.sha256(photo.data).hexdigest()
    assert is_red(image.getpixel((5, 5)))


def test_a_png_keeps_no_chunk_but_its_pixels() -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", TEXT)
    texts.add_text("Zipped", TEXT, zip=True)
    texts.add_itxt("XML:com.adobe.xmp", TEXT)
    texts.add(b"prIv", CANARY)
    dirty = saved(corner(), "PNG", pnginfo=texts, exif=exif(), icc_profile=CANARY, dpi=(300, 300)) + CANARY
    photo = clean(dirty)
    assert photo.media_type == "image/png"
    assert CANARY not in photo.data
    kinds, at = [], 8
    while at < len(photo.data):
        length, kind = struct.unpack_from(">I4s", photo.data, at)
        kinds.append(kind)
        at += length + 12
    assert set(kinds) == {b"IHDR", b"IDAT", b"IEND"}


def test_a_webp_becomes_a_plain_jpeg() -> None:
    dirty = saved(corner(), "WEBP", exif=exif(6), xmp=CANARY, icc_profile=CANARY)
    assert CANARY in dirty
    photo = clean(dirty)
    assert (photo.media_type, photo.width, photo.height) == ("image/jpeg", 32, 48)
    assert CANARY not in photo.data


def test_the_same_photo_cleaned_twice_hides_nothing_more_and_answers_the_same() -> None:
    assert clean(camera_jpeg()) == clean(camera_jpeg())
    assert CANARY not in clean(clean(camera_jpeg()).data).data


def test_what_an_eraser_made_transparent_is_gone() -> None:
    image = corner().convert("RGBA")
    image.putalpha(0)
    assert pixels(clean(saved(image, "PNG"))).getcolors() == [(48 * 32, (255, 255, 255))]
    image = Image.new("P", (9, 9), 1)
    image.putpalette([0, 0, 0, 9, 9, 9, *CANARY])
    photo = clean(saved(image, "PNG", transparency=0))
    assert CANARY not in photo.data
    assert pixels(photo).getcolors() == [(81, (9, 9, 9))]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_photo_stands_upright_whatever_way_the_camera_was_held(orientation: int) -> None:
    turned = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = corner().transpose(turned[orientation]) if orientation in turned else corner()
    photo = clean(saved(stored, "JPEG", quality=95, exif=exif(orientation)))
    assert (photo.width, photo.height) == (48, 32)
    image = pixels(photo)
    assert is_red(image.getpixel((4, 4)))
    assert not any(is_red(image.getpixel(place)) for place in ((44, 4), (4, 28), (44, 28)))


def test_a_broken_exif_block_costs_the_rotation_not_the_photo() -> None:
    data = saved(corner(), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + CANARY)
    assert (clean(data).width, clean(data).height) == (48, 32)
    assert CANARY not in clean(data).data


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_of_an_animation_the_first_frame_stays(kind: str) -> None:
    second = Image.new("RGB", (48, 32), (0, 0, 250))
    animated = saved(corner(), kind, save_all=True, append_images=[second], duration=100, lossless=True)
    image = Image.open(BytesIO(clean(animated).data))
    assert getattr(image, "n_frames", 1) == 1
    assert is_red(image.convert("RGB").getpixel((4, 4)))


def test_a_phone_picture_with_a_second_picture_behind_it() -> None:
    multi = saved(corner(), "MPO", save_all=True, append_images=[Image.new("RGB", (48, 32), (0, 0, 250))])
    photo = clean(multi)
    assert photo.data.count(b"\xff\xd8\xff") == 1
    assert is_red(pixels(photo).getpixel((4, 4)))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_png_mode(mode: str) -> None:
    image = Image.new(mode, (8, 8)) if mode == "I;16" else corner((8, 8)).convert(mode)
    assert clean(saved(image, "PNG")).width == 8


def test_sixteen_bit_grey_is_scaled_not_clipped() -> None:
    assert pixels(clean(saved(Image.new("I;16", (4, 4), 0x8000), "PNG"))).getpixel((0, 0)) == 0x80


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_every_jpeg_mode(mode: str) -> None:
    assert pixels(clean(saved(corner().convert(mode), "JPEG"))).mode == ("L" if mode == "L" else "RGB")


# --- what is refused -----------------------------------------------------------------------------------------------

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>'
STRANGERS = {
    "empty": b"",
    "text": b"not a photo",
    "gif": saved(corner(), "GIF"),
    "bmp": saved(corner(), "BMP"),
    "tiff": saved(corner(), "TIFF"),
    "svg": SVG,
    "pdf": saved(corner(), "PDF"),
    "heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
    "zip": b"PK\x03\x04" + bytes(60),
    "gif before a JPEG": b"GIF89a" + camera_jpeg(),
    "pdf before a JPEG": b"%PDF-1.7\n" + camera_jpeg(),
    "html before a PNG": b"<html>" + saved(corner(), "PNG"),
    "JPEG magic, PNG body": b"\xff\xd8\xff" + saved(corner(), "PNG"),
    "PNG magic, JPEG body": b"\x89PNG\r\n\x1a\n" + camera_jpeg(),
    "RIFF of sound": b"RIFF\x24\0\0\0WAVEfmt " + bytes(40),
    "WebP head alone": b"RIFF\x24\0\0\0WEBP",
    "magic alone": b"\xff\xd8\xff",
}


@pytest.mark.parametrize("data", STRANGERS.values(), ids=STRANGERS.keys())
def test_what_is_no_photo_is_refused_in_two_languages(data: bytes) -> None:
    with pytest.raises(NotAPhoto) as caught:
        clean(data)
    assert re.search(r"请", caught.value.message_zh)
    assert re.search(r"send|choose", caught.value.message_en)


def test_a_heic_is_told_what_to_do() -> None:
    with pytest.raises(NotAPhoto, match=r"HEIC.*兼容性最佳.*most compatible"):
        clean(STRANGERS["heic"])


@pytest.mark.parametrize("tail", [b"PK\x03\x04" + CANARY, b"%PDF-1.7" + CANARY, b"<?php " + CANARY, SVG + CANARY])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_true_photo_that_is_something_else_too_comes_out_as_a_photo_alone(kind: str, tail: bytes) -> None:
    photo = clean(saved(corner(), kind) + tail)
    assert CANARY not in photo.data
    assert tail[:8] not in photo.data


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_a_truncated_photo_is_refused(kind: str, part: float) -> None:
    data = saved(Image.effect_noise((200, 200), 60), kind)
    with pytest.raises(NotAPhoto):
        clean(data[: int(len(data) * part)])


def png_claiming(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(9999))) + chunk(b"IEND", b"")
    )


def jpeg_claiming(width: int, height: int) -> bytes:
    data = saved(corner(), "JPEG")
    at = data.index(b"\xff\xc0")
    return data[: at + 5] + struct.pack(">HH", height, width) + data[at + 9 :]


def webp_claiming(width: int, height: int) -> bytes:
    canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    frame = saved(corner(), "WEBP")[12:]
    body = b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + canvas + frame
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.mark.parametrize("claiming", [png_claiming, jpeg_claiming, webp_claiming])
@pytest.mark.parametrize("size", [(6400, 6400), (10_000, 10_000), (16_000, 16_000), (65_501, 1)])
def test_a_bomb_is_refused_by_its_header(
    claiming: Callable[[int, int], bytes], size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def decoded(*args: object, **more: object) -> NoReturn:
        raise AssertionError("decoded before the size was checked")

    data = claiming(*size)
    monkeypatch.setattr(ImageFile.ImageFile, "load", decoded)
    if claiming is webp_claiming:  # opening one already takes the canvas's memory
        monkeypatch.setattr(Image, "open", decoded)
    with pytest.raises(PhotoTooLarge, match=r"40,000,000.*请缩小.*smaller"):
        clean(data)


def test_the_limits_are_met_exactly() -> None:
    data = saved(corner(), "JPEG")
    clean(data, PhotoLimits(max_bytes=len(data), max_pixels=48 * 32, max_side=48))
    for limits in (PhotoLimits(max_bytes=len(data) - 1), PhotoLimits(max_pixels=48 * 32 - 1), PhotoLimits(max_side=47)):
        with pytest.raises(PhotoTooLarge):
            clean(data, limits)


def test_ten_mebibytes_are_said_in_words() -> None:
    with pytest.raises(PhotoTooLarge, match=r"10 MiB，请压缩.*10 MiB: send it compressed"):
        clean(bytes(10 * 1024 * 1024 + 1))


def test_what_would_grow_over_the_limit_is_written_smaller_or_refused() -> None:
    noise = Image.effect_noise((300, 300), 90).convert("P")
    data = saved(noise, "PNG")
    assert clean(data).media_type == "image/png"
    tight = PhotoLimits(max_bytes=len(data))
    grown = noise.convert("RGB")
    assert len(saved(grown, "PNG")) > tight.max_bytes
    assert clean(data, tight).media_type == "image/jpeg"
    weak = saved(Image.effect_noise((300, 300), 90), "JPEG", quality=5)
    with pytest.raises(PhotoTooLarge):
        clean(weak, PhotoLimits(max_bytes=len(weak)))


def test_endless_scans_are_refused_before_they_are_decoded() -> None:
    """A progressive JPEG may repeat a scan of 60 bytes for ever, and each repetition costs a pass over the picture."""
    data = saved(corner((400, 400)), "JPEG", progressive=True)
    clean(data)
    last = data[data.rindex(b"\xff\xda") : -2]
    with pytest.raises(NotAPhoto):
        clean(data[:-2] + last * 200 + data[-2:])
    with pytest.raises(NotAPhoto):
        clean(data[:-2] + (b"stray\0" + last) * 200 + data[-2:])
    with pytest.raises(NotAPhoto):
        clean(data[:2] + b"\xff\xfe\0\2" * 3000 + data[2:])


def test_a_long_run_of_fill_bytes_costs_nothing() -> None:
    with pytest.raises(NotAPhoto):
        clean(b"\xff\xd8" + b"\xff" * 5_000_000 + b"\0")  # a backtracking search would take days


# --- whatever the bytes are ----------------------------------------------------------------------------------------

WHOLE = [
    camera_jpeg(),
    saved(corner(), "JPEG", progressive=True),
    saved(corner(), "PNG", exif=exif()),
    saved(corner(), "WEBP"),
]


def only_the_two_refusals(data: bytes) -> None:
    try:
        photo = clean(data, PhotoLimits(max_pixels=1_000_000))
    except PhotoRefused:
        return
    assert pixels(photo).size == (photo.width, photo.height)
    assert CANARY not in photo.data


@given(
    magic=st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBPVP8X"]),
    rest=st.binary(max_size=300),
)
@settings(max_examples=300, deadline=None)
def test_random_bytes(magic: bytes, rest: bytes) -> None:
    only_the_two_refusals(magic + rest)


@given(
    whole=st.sampled_from(WHOLE),
    edits=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(max_size=4), st.integers(0, 8)), max_size=6),
    end=st.one_of(st.none(), st.floats(0, 1)),
)
@settings(max_examples=300, deadline=None)
def test_mutated_photos(whole: bytes, edits: list[tuple[float, bytes, int]], end: float | None) -> None:
    data = bytearray(whole)
    for place, put, drop in edits:
        at = int(place * len(data))
        data[at : at + drop] = put
    only_the_two_refusals(bytes(data if end is None else data[: int(end * len(data))]))
