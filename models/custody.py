"""Who looks after an instrument, where it stands and whose it is, with the days from which that holds."""

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.vocabulary.custody import StewardRank


class Stewardship(Base):
    """A steward of the instrument is its primary or its deputy; counts while their grant holds."""

    __tablename__ = "stewardships"
    __table_args__ = (UniqueConstraint("instrument_id", "user_id"),)

    instrument_id: Mapped[int] = mapped_column(ForeignKey("instruments.id"), primary_key=True)
    rank: Mapped[StewardRank] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
