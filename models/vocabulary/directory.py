"""Words of the directory: kinds of organisations, places and days."""

from enum import StrEnum


class OrganisationKind(StrEnum):
    """What an organisation is."""

    UNIVERSITY = "university"
    RESEARCH_INSTITUTE = "research_institute"
    TESTING_LABORATORY = "testing_lab"
    INNOVATION_CENTRE = "innovation_center"
    SCIENCE_PARK = "science_park"
    ALLIANCE = "alliance"
    ENTERPRISE = "enterprise"
    AUTHORITY = "government"
    PLATFORM = "platform"


class PlaceLevel(StrEnum):
    """Levels of the administrative division (GB/T 2260)."""

    PROVINCE = "province"
    CITY = "city"
    DISTRICT = "district"


class DayKind(StrEnum):
    """Why a calendar day is not an ordinary one."""

    PUBLIC_HOLIDAY = "public_holiday"
    WORKING_WEEKEND = "working_weekend"
    CLOSING_DAY = "closing_day"
    POWER_CUT = "power_cut"
    RUNS_AS = "runs_as"
