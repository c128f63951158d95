"""Papers that were made before: the same content makes the same file, so each process makes it once."""

from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256
from threading import Lock

MOST_BYTES = 32 * 2**20


class KeptPapers:
    """The files that were asked for last, up to so many bytes in all, by everything that they say."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        """Nothing is kept yet."""
        self._most_bytes, self._bytes = most_bytes, 0
        self._files: OrderedDict[bytes, bytes] = OrderedDict()
        self._lock = Lock()

    def file(self, content: tuple[object, ...], make: Callable[[], bytes]) -> bytes:
        """The file that says this; it is made where it is not kept, and kept where there is room."""
        key = sha256(repr(content).encode()).digest()
        with self._lock:
            if (kept := self._files.get(key)) is not None:
                self._files.move_to_end(key)
                return kept
        made = make()
        with self._lock:
            if key not in self._files and len(made) <= self._most_bytes:
                self._files[key] = made
                self._bytes += len(made)
            while self._bytes > self._most_bytes:
                self._bytes -= len(self._files.popitem(last=False)[1])
        return made
