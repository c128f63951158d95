"""Photos of a dozen instruments of the demo: drawings by this code, so nobody's pictures are shown."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from PIL import Image, ImageDraw
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.attachments.preparing import Uploaded, prepare
from booking.attachments.queries import Owner
from booking.attachments.rules import Limits
from booking.attachments.service import add_attachments, edit_attachment
from booking.catalogue.changes import refresh_listing
from booking.core.actors import Actor
from models.catalogue import Instrument
from models.vocabulary.attachments import OwnerKind, Visibility
from models.vocabulary.catalogue import PublishingState

LIMITS = Limits(photo_bytes=10**6, document_bytes=0, quota_bytes=10**8, most_files=4)
SIZE = (960, 640)
FLOOR, DESK, STEEL, DARK, GLASS = "#c9d1d6", "#8d99a3", "#e9edf0", "#33424e", "#9fd3cf"

Draw = ImageDraw.ImageDraw
Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is drawn for instruments whose class begins so, with its caption in both languages."""

    class_code: str
    zh: str
    en: str
    draw: Callable[[Draw, str], None]


def add_photos(session: Session, *, actor: Actor, now: datetime) -> int:
    """One drawing for each of a dozen published samples of several kinds; how many."""
    shown = 0
    for number, (drawing, which, wall, accent) in enumerate(ROOMS, start=1):
        instrument = _instrument(session, drawing.class_code, which)
        if instrument is None:
            continue
        files = prepare([Uploaded(f"drawing-{number}.png", picture(drawing, wall, accent))], LIMITS)
        owner = Owner(OwnerKind.INSTRUMENT, instrument.id, instrument.organisation_id)
        (made,) = add_attachments(session, owner, files, Visibility.PUBLIC, LIMITS, actor=actor, now=now)
        captions = {"caption_zh": f"{drawing.zh}（示意图）", "caption_en": f"{drawing.en} (drawing)"}
        edit_attachment(session, owner, made.id, captions, actor=actor, now=now)
        instrument.cleared_at = max(instrument.cleared_at or now, now + timedelta(seconds=1))
        refresh_listing(session, [instrument.id])
        shown += 1
    return shown


def picture(drawing: Drawing, wall: str, accent: str) -> bytes:
    """A room with the instrument in it, as PNG."""
    canvas = Image.new("RGB", SIZE, wall)
    draw = ImageDraw.Draw(canvas)
    for row in range(0, 430, 4):
        draw.line((0, row, SIZE[0], row), fill=_mixed(wall, "#ffffff", row / 860))
    draw.rectangle((0, 430, *SIZE), fill=FLOOR)
    draw.polygon(((120, 560), (840, 560), (910, 640), (50, 640)), fill=_mixed(FLOOR, "#000000", 0.08))
    drawing.draw(draw, accent)
    written = io.BytesIO()
    canvas.save(written, "PNG", compress_level=1)
    return written.getvalue()


def _instrument(session: Session, class_code: str, skipped: int) -> Instrument | None:
    """A published sample of the class, whose photos nobody hides."""
    return session.scalar(
        select(Instrument)
        .where(
            Instrument.class_code.startswith(class_code),
            Instrument.is_sample,
            Instrument.publishing_state == PublishingState.PUBLISHED,
        )
        .order_by(Instrument.id)
        .offset(skipped)
        .limit(1)
    )


def _mixed(colour: str, other: str, share: float) -> tuple[int, int, int]:
    """A colour with some of another."""
    pairs = zip(_channels(colour), _channels(other), strict=True)
    red, green, blue = (round(one * (1 - share) + two * share) for one, two in pairs)
    return red, green, blue


def _channels(colour: str) -> tuple[int, int, int]:
    """Red, green and blue of #rrggbb."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _body(draw: Draw, box: Box, fill: str = STEEL) -> None:
    """A housing with a shaded side."""
    draw.rounded_rectangle(box, 14, fill=fill, outline=DARK, width=3)
    left, _, right, bottom = box
    draw.rectangle(
        (right - (right - left) // 8, box[1] + 14, right - 4, bottom - 14), fill=_mixed(fill, "#000000", 0.1)
    )


def _screen(draw: Draw, left: int, top: int, accent: str) -> None:
    """A monitor with a spectrum on it."""
    draw.rectangle((left + 70, top + 130, left + 110, top + 170), fill=DARK)
    draw.rounded_rectangle((left, top, left + 180, top + 132), 8, fill=DARK)
    draw.rectangle((left + 10, top + 10, left + 170, top + 122), fill="#0e2a33")
    heights = (20, 26, 84, 30, 22, 60, 24, 96, 28, 20, 44, 22)
    points = [(left + 16 + step * 13, top + 116 - height) for step, height in enumerate(heights)]
    draw.line(points, fill=accent, width=3)


def _desk(draw: Draw) -> None:
    """A table in front of the wall."""
    draw.rectangle((90, 420, 870, 450), fill=DESK)
    for left in (120, 810):
        draw.rectangle((left, 450, left + 28, 590), fill=_mixed(DESK, "#000000", 0.2))


def _microscope(draw: Draw, accent: str) -> None:
    """An electron column over its chamber, with a monitor."""
    _body(draw, (180, 380, 560, 590))
    for width, top, bottom in ((110, 300, 380), (76, 220, 300), (100, 150, 220), (60, 90, 150)):
        _body(draw, (370 - width, top, 370 + width, bottom))
    draw.rectangle((230, 440, 330, 530), fill=accent)
    draw.ellipse((420, 440, 510, 530), fill=GLASS, outline=DARK, width=4)
    _screen(draw, 640, 260, accent)
    draw.rectangle((620, 430, 850, 452), fill=DESK)


def _chromatograph(draw: Draw, accent: str) -> None:
    """Stacked modules on a desk, with a tray of vials."""
    _desk(draw)
    for step in range(4):
        _body(draw, (200, 130 + step * 72, 480, 196 + step * 72))
        draw.ellipse((224, 150 + step * 72, 250, 176 + step * 72), fill=accent)
        draw.rectangle((280, 156 + step * 72, 400, 170 + step * 72), fill=_mixed(STEEL, "#000000", 0.25))
    for column in range(6):
        left = 530 + column * 22
        draw.rounded_rectangle((left, 360, left + 14, 420), 4, fill=GLASS, outline=DARK)
    _screen(draw, 670, 248, accent)


def _spectrometer(draw: Draw, accent: str) -> None:
    """A bench-top housing with a sample lid."""
    _desk(draw)
    _body(draw, (160, 250, 600, 420))
    draw.polygon(((250, 250), (510, 250), (480, 190), (280, 190)), fill=_mixed(STEEL, "#000000", 0.12), outline=DARK)
    draw.rectangle((200, 300, 330, 380), fill=accent)
    for step in range(4):
        draw.ellipse((380 + step * 44, 330, 404 + step * 44, 354), fill=DARK)
    _screen(draw, 660, 248, accent)


def _magnet(draw: Draw, accent: str) -> None:
    """A cryostat on three legs, with its console."""
    for left in (250, 390, 520):
        draw.rectangle((left, 480, left + 26, 600), fill=DESK)
    _body(draw, (220, 160, 580, 500))
    draw.ellipse((220, 120, 580, 210), fill=STEEL, outline=DARK, width=3)
    for left in (300, 480):
        draw.rectangle((left, 60, left + 36, 150), fill=_mixed(STEEL, "#000000", 0.15), outline=DARK)
    draw.rectangle((224, 300, 576, 340), fill=accent)
    _body(draw, (660, 260, 850, 600), fill="#dfe5ea")
    for step in range(6):
        draw.rectangle((690, 300 + step * 44, 820, 316 + step * 44), fill=DARK)


def _machine(draw: Draw, accent: str) -> None:
    """A frame with a crosshead that pulls a specimen."""
    _body(draw, (220, 520, 640, 600))
    for left in (270, 560):
        draw.rectangle((left, 90, left + 30, 520), fill=STEEL, outline=DARK, width=3)
    _body(draw, (250, 80, 610, 130))
    _body(draw, (250, 240, 610, 300), fill=accent)
    draw.rectangle((416, 300, 444, 360), fill=DARK)
    draw.polygon(((424, 360), (436, 360), (433, 410), (436, 460), (424, 460), (427, 410)), fill="#b4530a")
    draw.rectangle((416, 460, 444, 520), fill=DARK)
    _screen(draw, 690, 300, accent)
    draw.rectangle((680, 470, 870, 490), fill=DESK)


TEM = Drawing("010101", "透射电镜", "Transmission electron microscope", _microscope)
SEM = Drawing("010102", "扫描电镜", "Scanning electron microscope", _microscope)
MASS = Drawing("0102", "质谱仪", "Mass spectrometer", _chromatograph)
LIQUID = Drawing("0105", "色谱仪", "Chromatograph", _chromatograph)
XRD = Drawing("010301", "X 射线衍射仪", "X-ray diffractometer", _spectrometer)
LIGHT = Drawing("0104", "光谱仪", "Optical spectrometer", _spectrometer)
NMR = Drawing("010601", "核磁共振波谱仪", "NMR spectrometer", _magnet)
TESTING = Drawing("020101", "材料试验机", "Materials testing machine", _machine)

# Which one of its class (by id), the colour of the wall, and the one colour of the instrument.
ROOMS: tuple[tuple[Drawing, int, str, str], ...] = (
    (TEM, 0, "#dfe7ea", "#0b6e6a"),
    (SEM, 0, "#e6e2da", "#1f5f8b"),
    (SEM, 1, "#d9e4dc", "#7a4b9a"),
    (SEM, 2, "#e4dfe8", "#0b6e6a"),
    (MASS, 0, "#dde5ee", "#a04a08"),
    (MASS, 1, "#e8e4d8", "#1f5f8b"),
    (LIQUID, 0, "#dce8e6", "#7a4b9a"),
    (XRD, 0, "#e5e5e5", "#b3261e"),
    (XRD, 1, "#dde7df", "#1f5f8b"),
    (LIGHT, 0, "#e9e1dd", "#177344"),
    (NMR, 0, "#dbe6f0", "#0b6e6a"),
    (NMR, 1, "#e6e6dc", "#a04a08"),
    (TESTING, 0, "#e0e6e9", "#1f5f8b"),
)
