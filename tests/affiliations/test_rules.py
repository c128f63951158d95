import pytest

from booking.affiliations.rules import audience_of, covers, default_groups, domain_problems, domains_above, group_for
from models.vocabulary.affiliations import Audience, UserSide
from models.vocabulary.directory import OrganisationKind

UNIVERSITY, ENTERPRISE = OrganisationKind.UNIVERSITY, OrganisationKind.ENTERPRISE


@pytest.mark.parametrize(
    ("is_member", "elsewhere", "expected"),
    [
        pytest.param(True, [ENTERPRISE], Audience.MEMBERS, id="a member, whatever else"),
        pytest.param(False, [UNIVERSITY, ENTERPRISE], Audience.ACADEMICS, id="of another university and a firm"),
        pytest.param(False, [ENTERPRISE], Audience.FIRMS, id="of a firm"),
        pytest.param(False, [OrganisationKind.AUTHORITY], Audience.OTHERS, id="of an authority"),
        pytest.param(False, [], Audience.OTHERS, id="of nowhere"),
    ],
)
def test_people_fall_into_the_group_of_where_they_belong(
    is_member: bool, elsewhere: list[OrganisationKind], expected: Audience
) -> None:
    assert audience_of(is_member, elsewhere) == expected


def test_the_default_groups_have_one_for_everybody_and_map_to_the_national_codes() -> None:
    groups = default_groups(UNIVERSITY)

    assert [(group.name_zh, group.national_code) for group in groups] == [
        ("本组", 120),
        ("校内", 120),
        ("协议单位", 130),
        ("高校和科研院所", 130),
        ("企业", 130),
        ("其他", 130),
    ]
    assert group_for(groups[:2] + groups[5:], Audience.FIRMS).side == UserSide.OUTSIDE


@pytest.mark.parametrize(
    ("domain", "is_refused"),
    [
        ("cqu.edu.cn", False),
        ("example.org", False),
        ("qq.com", True),
        ("vip.163.com", True),
        ("gmail.com", True),
        ("edu.cn", True),
        ("cq.cn", True),
        ("ac.uk", True),
        ("cn", True),
    ],
)
def test_domains_that_are_everybodys_cannot_stand_for_an_organisation(domain: str, is_refused: bool) -> None:
    assert bool(domain_problems(domain)) == is_refused


def test_a_domain_covers_itself_and_its_subdomains_only_where_they_are_included() -> None:
    assert covers("uni.edu.cn", False, "uni.edu.cn")
    assert not covers("uni.edu.cn", False, "cs.uni.edu.cn")
    assert covers("uni.edu.cn", True, "cs.uni.edu.cn")
    assert not covers("uni.edu.cn", True, "otheruni.edu.cn")
    assert domains_above("cs.uni.edu.cn") == ["cs.uni.edu.cn", "uni.edu.cn", "edu.cn"]
