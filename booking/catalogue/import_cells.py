"""What is made of single cells of imported tables: each converter says what it lost."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from booking.core.errors import Problem
from booking.core.texts import N_

LONGEST_ENGLISH_NAME = 100
LONGEST_FUNCTIONS = 1800
HALF_HOUR = 30


@dataclass(frozen=True, slots=True)
class Noted:
    """A converted cell, and what the conversion lost."""

    text: str
    note: Problem


Converter = Callable[..., str | Noted]


def as_is(text: str) -> str:
    """The cell without surrounding space."""
    return text.strip()


def half_width(text: str) -> str:
    """Digits, letters and signs of full width as plain ones, for what is no prose."""
    return unicodedata.normalize("NFKC", text).strip()


def constant(text: str) -> Converter:
    """A converter that reads nothing."""
    return lambda: text


def running_state(status: str) -> str | Noted:
    """A word for the running state; what does not say that it runs counts as out of service, and is noted."""
    word = " ".join(status.split()).lower()
    if word in RUNNING:
        return RUNNING[word]
    values = {"status": " ".join(status.split())}
    return Noted("to_repair", Problem("running_state", N_("原状态“%(status)s”按待修记录。"), values))


def calendar_day(text: str) -> str:
    """2012/5/26, 2012.05.26, 20120526 and 2012年5月26日 as 2012-05-26; anything else as it is."""
    plain = half_width(text)
    matched = re.fullmatch(r"(\d{4})\D?(\d{1,2})\D?(\d{1,2})日?", plain)
    return "-".join((matched[1], matched[2].zfill(2), matched[3].zfill(2))) if matched else plain


def yes_or_no(text: str) -> str:
    """是 and 否 as yes and no."""
    return {"是": "yes", "否": "no"}.get(text.strip(), text.strip().lower())


def short_name(text: str) -> str | Noted:
    """A name of at most 100 characters, shortened at the end of a word."""
    name = " ".join(text.split())
    if len(name) <= LONGEST_ENGLISH_NAME:
        return name
    cut = name[: LONGEST_ENGLISH_NAME - 1].rpartition(" ")[0] or name[: LONGEST_ENGLISH_NAME - 1]
    return Noted(f"{cut}…", Problem("name_en", N_("名称过长，已缩短，全名写入主要功能。")))


def functions(description: str, name: str) -> str | Noted:
    """A description without markup, after the full name where the name had to be shortened."""
    text = " ".join(re.sub(r"<[^<>]*>", " ", description).split())
    full_name = " ".join(name.split())
    if len(full_name) > LONGEST_ENGLISH_NAME:
        text = f"{full_name}. {text}".strip()
    if len(text) <= LONGEST_FUNCTIONS:
        return text
    cut = text[: LONGEST_FUNCTIONS - 1].rpartition(" ")[0]
    return Noted(
        f"{cut}…", Problem("functions_en", N_("说明过长，已截短到 %(length)s 个字符。"), {"length": LONGEST_FUNCTIONS})
    )


def half_hours(text: str) -> str | Noted:
    """Minutes, rounded down to whole half hours."""
    if not text.strip().isdecimal() or int(text) % HALF_HOUR == 0:
        return text.strip()
    rounded = max(HALF_HOUR, int(text) // HALF_HOUR * HALF_HOUR)
    values = {"given": text.strip(), "rounded": rounded}
    return Noted(str(rounded), Problem("minutes", N_("%(given)s 分钟已按半小时取整为 %(rounded)s 分钟。"), values))


def hours_outside_off_times(is_off: str, off_from: str, off_until: str, off_weekend: str) -> str:
    """Opening hours from the times a tool is not bookable: overnight off times, and perhaps weekends."""
    if is_off != "True" or not (off_from and off_until):
        return "1-7 00:00-24:00"
    days = "1-5" if off_weekend == "True" else "1-7"
    return f"{days} {off_until[:5]}-{off_from[:5]}"


def owner_country(location: str, owner: str) -> str:
    """The owner's country by the place a table names, else by the owner; unknown ones stay as they are."""
    place = location.strip().rpartition(", ")[2].lower()
    return COUNTRIES.get(place) or COUNTRIES_OF_OWNERS.get(owner.strip(), place)


def provenance(source: str, number: str, licence: str) -> str:
    """Where a record came from and under what licence."""
    return f"{source.strip()} {number.strip()} · {licence.strip()}"


COUNTRIES = {
    "usa": "US",
    "wa": "US",
    "japan": "JP",
    "france": "FR",
    "germany": "DE",
    "korea": "KR",
    "brazil": "BR",
    "canada": "CA",
    "united kingdom": "GB",
    "italy": "IT",
    "sweden": "SE",
    "china": "CN",
    "taiwan": "CN",
    "australia": "AU",
    "spain": "ES",
    "denmark": "DK",
    "india": "IN",
    "jordan": "JO",
    "russia": "RU",
    "singapore": "SG",
    "switzerland": "CH",
    "thailand": "TH",
}
COUNTRIES_OF_OWNERS = {"NIST CNST NanoFab (demo fixture)": "US"}

RUNNING = {
    **dict.fromkeys(("active", "operational", "true", "open for expert users", ".", ""), "normal"),
    **dict.fromkeys(("inactive", "down", "false"), "to_repair"),
}
