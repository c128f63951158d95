"""Every setting: name, type, default, meaning; read from the environment once and checked at start."""

import secrets
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from booking.core.operator_text import OperatorText, operator_text

ROOT = Path(__file__).resolve().parent.parent


class BadSettings(Exception):  # noqa: N818 - a fact
    """The environment holds values that cannot be used; says which and why."""


class Settings(BaseSettings):
    """Settings of one process, each from `BOOKING_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="BOOKING_", frozen=True, extra="ignore", env_ignore_empty=True)

    data_dir: Path = Field(ROOT / "instance", description="Folder for the SQLite database, the key and locks")
    database_url: str = Field(
        "",
        description="URL of the database: sqlite:///… or postgresql://…; empty = SQLite in the data folder",
    )
    secret_key: str = Field(
        "",
        description="Signs sessions, at least 32 characters; empty = made once and kept in the data folder",
    )
    base_url: str = Field(
        "", description="Public address, e.g. https://instruments.example.cn; empty = http://127.0.0.1:PORT"
    )
    host: str = Field("127.0.0.1", description="Address to listen on")
    port: int = Field(8000, ge=1, le=65535, description="Port to listen on")
    workers: int = Field(2, ge=1, le=64, description="Serving processes")
    threads: int = Field(4, ge=1, le=64, description="Threads per serving process")
    trusted_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Host names to answer to, comma separated; empty = the base URL's and loopback"
    )
    trusted_proxies: int = Field(0, ge=0, le=5, description="Proxies in front whose X-Forwarded-* are believed")
    smtp_url: str = Field(
        "",
        description="smtp://user:password@host:port, smtp+starttls://… or smtps://…; empty = mails stay readable here",
    )
    mail_from: str = Field("noreply@chuanyu.example", description="Sender address of mails")
    log_format: str = Field("console", pattern="^(console|json)$", description="console or json")
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="DEBUG, INFO, WARNING, ERROR")
    metrics_token: str = Field("", description="Bearer token for /metrics; empty = loopback only")
    largest_body_bytes: int = Field(2_000_000, ge=10_000, description="Requests above this are refused (413)")
    largest_upload_bytes: int = Field(60_000_000, ge=10_000, description="The same for pages that take files")
    largest_photo_bytes: int = Field(15_000_000, ge=10_000, description="Largest photo as it is uploaded")
    largest_document_bytes: int = Field(20_000_000, ge=10_000, description="Largest document")
    attachment_quota_bytes: int = Field(
        1_000_000_000,
        ge=0,
        description="Room for the files of an institution's records, and as much for its enquiries",
    )
    attachment_share_bytes: int = Field(
        50_000_000,
        ge=0,
        description="Room for the files that one person sends to an institution",
    )
    largest_import_bytes: int = Field(
        10_000_000, ge=10_000, description="Tables to import above this are refused; their pages take bodies this large"
    )
    largest_import_unpacked_bytes: int = Field(
        200_000_000, ge=10_000, description="Workbooks to import that unpack to more than this are refused"
    )
    report_working_days: int = Field(
        30, ge=1, le=365, description="Working days from acceptance within which an instrument is to be public"
    )
    report_reminder_days: int = Field(5, ge=0, le=100, description="Working days before that on which to remind")
    enquiry_days: int = Field(2, ge=1, le=30, description="Working days within which enquiries are to be answered")
    use_confirm_days: int = Field(
        5, ge=1, le=30, description="Working days after which a use that nobody confirmed is brought before others"
    )
    charge_accept_days: int = Field(
        7, ge=1, le=60, description="Working days within which a charge is disputed, or else counts as accepted"
    )
    voucher_reminder_days: Annotated[tuple[Annotated[int, Field(ge=1, le=365)], ...], NoDecode] = Field(
        (30, 7),
        min_length=1,
        max_length=5,
        description="Days before the last day to use or to redeem a voucher on which to remind, comma separated",
    )
    result_accept_days: int = Field(
        7, ge=1, le=60, description="Working days within which results of samples are disputed, or else are accepted"
    )
    backup_warn_hours: int = Field(
        36, ge=1, le=10_000, description="Hours after which the last backup counts as old, on pages and in /readyz"
    )
    privacy_file: str = Field(
        "",
        description="File with your own text on personal data, with its version, in zh and en; empty = the shipped one",
    )
    runs_jobs: bool = Field(True, description="Whether this process runs the timetable when it leads")

    @field_validator("trusted_hosts", "voucher_reminder_days", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        """A comma separated text as a tuple."""
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("database_url")
    @classmethod
    def _known_engine(cls, value: str) -> str:
        """Refuse engines the guards are not written for; plain postgresql:// gets the psycopg driver."""
        if value.startswith(("postgresql://", "postgres://")):
            return "postgresql+psycopg://" + value.split("://", 1)[1]
        if value and not value.startswith(("sqlite:///", "postgresql+psycopg://")):
            raise ValueError("only sqlite:/// and postgresql:// are supported")
        return value

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: str) -> str:
        """Refuse a key that could be guessed."""
        if value and len(value) < 32:
            raise ValueError("must have at least 32 characters")
        return value

    @field_validator("base_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        """An http(s) address without a trailing slash."""
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return value.rstrip("/")

    @field_validator("smtp_url")
    @classmethod
    def _mail_server(cls, value: str) -> str:
        """A URL with a known scheme, a host and a possible port; its password is never repeated."""
        if not value:
            return value
        try:
            server = urlsplit(value)
            possible = server.scheme in {"smtp", "smtp+starttls", "smtps"} and server.hostname and server.port != 0
        except ValueError:
            possible = False
        if not possible:
            raise ValueError("must look like smtp://host:port, smtp+starttls://… or smtps://…")
        return value

    @field_validator("mail_from")
    @classmethod
    def _sender(cls, value: str) -> str:
        """An address, or a name with an address in angle brackets."""
        _, address = parseaddr(value)
        if not value.isprintable() or address.count("@") != 1 or not all(address.split("@")):
            raise ValueError("must be an address, e.g. noreply@example.cn or 川渝仪器共享 <noreply@example.cn>")
        return value

    @field_validator("privacy_file")
    @classmethod
    def _readable_text(cls, value: str) -> str:
        """A file that holds the text on personal data in both languages, with its version."""
        if value:
            read_operator_text(value)
        return value

    @property
    def address(self) -> str:
        """The public address, without a trailing slash."""
        return self.base_url or f"http://127.0.0.1:{self.port}"

    @property
    def is_default_database(self) -> bool:
        """Whether nobody named a database; only then may the demo be loaded."""
        return not self.database_url

    @property
    def sqlalchemy_url(self) -> str:
        """The database's URL, with the default filled in."""
        return self.database_url or f"sqlite:///{self.data_dir.resolve() / 'chuanyu.sqlite3'}"

    @property
    def uses_tls(self) -> bool:
        """Whether people reach the service by https, so that cookies may be Secure."""
        return self.address.startswith("https://")


def read_operator_text(path: str) -> OperatorText | None:
    """The operator's own text on personal data, None where no file is named; raises ValueError saying what is wrong."""
    if not path:
        return None
    try:
        return operator_text(Path(path).read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as wrong:
        raise ValueError(f"{path} cannot be read: {wrong}") from wrong


def read_settings() -> Settings:
    """The settings of this process; raises BadSettings with one line for each wrong value."""
    try:
        return Settings()
    except ValidationError as wrong:
        lines = [f"BOOKING_{str(e['loc'][0]).upper()}: {e['msg']}" for e in wrong.errors()]
        raise BadSettings("\n".join(lines)) from wrong


def signing_key(settings: Settings) -> str:
    """The configured key, or one made once and kept in the data folder, readable by its owner only."""
    if settings.secret_key:
        return settings.secret_key
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    path = settings.data_dir / "secret_key"
    try:
        with path.open("x", encoding="ascii") as file:
            path.chmod(0o600)
            file.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    return path.read_text(encoding="ascii")


def described() -> list[str]:
    """One line per setting for --help and README: variable, default, meaning."""
    return [
        f"BOOKING_{name.upper()}  (default: {field.default if field.default != '' else 'empty'})  {field.description}"
        for name, field in Settings.model_fields.items()
    ]
