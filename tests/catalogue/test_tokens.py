"""What is found by what people type."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from booking.catalogue.tokens import LONGEST_TERM, MOST_QUERY_TERMS, index_terms, query_terms

HAN = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)
SYNTAX = set("\"'\\*:()&|!<>^- \t\n")
NAMES = st.text(st.one_of(HAN, st.sampled_from("aZ9 -（）／ＡＢ０é𠀀")), min_size=2, max_size=40)


def finds(query: str, name: str) -> bool:
    terms, indexed = query_terms(query), index_terms(name)
    return bool(terms) and all(
        any(word.startswith(term[:-1]) for word in indexed) if term.endswith("*") else term in indexed for term in terms
    )


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("JSM-7800F", "JSM-7800F"),
        ("jsm7800f", "JSM-7800F"),
        ("7800F", "JSM-7800F"),
        ("JSM 7800", "JSM-7800F"),
        ("ＪＳＭ－７８００Ｆ", "JSM-7800F"),
        ("evo18", "EVO 18"),
        ("EVO-18", "EVO 18"),
        ("GB/T 16594", "GB/T 16594-2008"),
        ("gbt16594", "GB/T 16594-2008"),
        ("X-ray", "X-ray diffractometer"),
        ("microscope", "Scanning electron microscopes"),
        ("Muller", "Müller Instruments"),
        ("0.8", "分辨率 0.8 nm"),
        ("μm", "µm"),
        ("电镜", "场发射扫描电镜"),
        ("镜", "扫描电镜"),
        ("扫", "扫描电镜"),
        ("拉曼 Raman", "共聚焦拉曼光谱仪 confocal Raman"),
        ("拉曼Raman", "共聚焦拉曼光谱仪 confocal Raman"),
        ("𠀀仪", "𠀀仪器"),
    ],
)
def test_a_name_is_found_by(query: str, name: str) -> None:
    assert finds(query, name)


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("电镜", "电子显微镜"),
        ("JSM-7800F", "JSM-7500F"),
        ("JSM-7800F", "7800F JSM"),
        ("gas", "ga"),
        ("!?——", "扫描电镜"),
        ("", "扫描电镜"),
    ],
)
def test_a_name_is_not_found_by(query: str, name: str) -> None:
    assert not finds(query, name)


@settings(deadline=None)
@given(st.text(HAN, min_size=2, max_size=30), st.data())
def test_any_two_characters_of_a_chinese_name_find_it(name: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(name) - 2))

    assert finds(name[start : start + 2], name)


@settings(deadline=None)
@given(NAMES)
def test_a_name_finds_itself(name: str) -> None:
    assert not query_terms(name) or finds(name, name)


@settings(deadline=None)
@given(st.text(max_size=300))
def test_terms_never_hold_what_an_engine_would_read_as_syntax(text: str) -> None:
    terms = index_terms(text) | {term.removesuffix("*") for term in query_terms(text)}

    assert all(term and len(term) <= LONGEST_TERM and not set(term) & SYNTAX for term in terms)
    assert len(query_terms(text)) <= MOST_QUERY_TERMS
