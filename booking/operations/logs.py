"""Structured logs on stderr: one line per request, none with a secret in it."""

import logging
import re
import sys
from typing import Any, TextIO

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

from booking.settings import Settings

HIDDEN = "…"
ADDRESS = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
SECRETS = re.compile(r"(?i)(bearer |/feeds/|/confirm/|/reset/|://[^/\s:@]+:)[^\s/?@\"',<]+")


def init_logs(settings: Settings) -> None:
    """Our own lines, and what libraries warn of, in one format."""
    level = logging.getLevelName(settings.log_level)
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderers = _renderers(settings.log_format)
    structlog.configure(
        processors=[*shared, *renderers, without_secrets],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(_Stderr()),  # type: ignore[arg-type]
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(_Stderr())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers, without_secrets],
        )
    )
    logging.basicConfig(handlers=[handler], level=max(level, logging.WARNING), force=True)


def _renderers(log_format: str) -> list[Processor]:
    """JSON for machines, aligned text for people; traces never show the values of variables."""
    if log_format == "json":
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    colors = sys.stderr.isatty()
    return [structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback)]


def without_secrets(_logger: WrappedLogger, _method: str, line: EventDict | str) -> Any:
    """The rendered line without mail addresses, tokens, and passwords in addresses."""
    if not isinstance(line, str):
        return line
    if "@" in line:
        line = ADDRESS.sub(HIDDEN, line)
    return SECRETS.sub(rf"\1{HIDDEN}", line)


class _Stderr:
    """Whatever `sys.stderr` is when a line is written."""

    def write(self, text: str) -> int:
        """Write to the present stderr."""
        return self._stream.write(text)

    def flush(self) -> None:
        """Flush the present stderr."""
        self._stream.flush()

    @property
    def _stream(self) -> TextIO:
        return sys.stderr
