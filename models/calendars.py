"""Feeds that calendar apps subscribe to."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.vocabulary.calendars import FeedScope


class Feed(Base):
    """A secret address under which one person's app reads one scope; only the SHA-256 is stored."""

    __tablename__ = "feeds"
    __table_args__ = (CheckConstraint("(scope = 'mine') = (instrument_id IS NULL)", name="scope_named"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    scope: Mapped[FeedScope]
    instrument_id: Mapped[int | None] = mapped_column(ForeignKey("instruments.id"))
    name: Mapped[str] = mapped_column(String(80))
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class FeedBody(Base):
    """The rendered text of one feed at one validator, plain and gzipped, so that polls render nothing.

    `modified_second` is the Unix second since which it reads so; no two texts of a feed have the same one.
    """

    __tablename__ = "feed_bodies"

    feed_id: Mapped[int] = mapped_column(ForeignKey("feeds.id"), primary_key=True)
    validator: Mapped[str] = mapped_column(String(120))
    etag: Mapped[str] = mapped_column(String(64))
    modified_second: Mapped[int] = mapped_column(BigInteger)
    plain: Mapped[bytes]
    gzipped: Mapped[bytes]


class FeedFragment(Base):
    """The VEVENT of one reservation as one audience sees it; `stamp` says what it was rendered from."""

    __tablename__ = "feed_fragments"

    reservation_id: Mapped[int] = mapped_column(ForeignKey("reservations.id"), primary_key=True)
    audience: Mapped[str] = mapped_column(String(20), primary_key=True)
    stamp: Mapped[str] = mapped_column(String(80))
    text: Mapped[str]
