"""The service itself, as `app.py` starts it, by a clock that stands ahead of the real one as a file says.

Run as a program, since the clock must be another one before anything of the service is read.
"""

import os
import runpy
from datetime import datetime, timedelta
from pathlib import Path

from booking.core import clock

real, hands = clock.utcnow, Path(os.environ["JOURNEY_HANDS"])


def believed() -> datetime:
    """The real moment, moved by what the file says now."""
    return real() + timedelta(seconds=float(hands.read_text()))


if __name__ == "__main__":
    clock.utcnow = believed
    runpy.run_path("app.py", run_name="__main__")
