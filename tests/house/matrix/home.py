"""Who may call what: the home page, on which nobody meets what is another institution's."""

from tests.house.matrix.writing import page, read, sent
from tests.house.worlds import PEOPLE, PLATFORM

HOME = (
    page("/home", PEOPLE),
    read("/home"),
    sent("/home/role", PEOPLE, {"role": ""}),
    sent("/home/role", PLATFORM, {"role": "platform_admin"}, other=422, nobody=401),
)
