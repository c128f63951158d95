"""Who may call what: the home page, on which nobody meets what is another institution's."""

from tests.house.matrix.writing import page, read
from tests.house.worlds import PEOPLE

HOME = (
    page("/home", PEOPLE),
    read("/home"),
)
