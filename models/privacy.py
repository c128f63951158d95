"""Who agreed to which version of what the service says about people's data."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class Consent(Base):
    """A person agreed to one version of the text, named by its day, from a network address."""

    __tablename__ = "consents"
    __table_args__ = (UniqueConstraint("user_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    version: Mapped[date]
    agreed_at: Mapped[datetime]
    address: Mapped[str] = mapped_column(String(45), default="")
