"""Templates that stay compiled from one start to the next, as Python keeps its modules."""

from contextlib import suppress
from pathlib import Path

import jinja2
from flask import Flask
from jinja2.bccache import Bucket, FileSystemBytecodeCache


class Compiled(FileSystemBytecodeCache):
    """Compiled templates in a folder; where nothing can be written, each process compiles for itself."""

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep one."""
        with suppress(OSError):
            super().dump_bytecode(bucket)


def init_templates(app: Flask, folder: Path) -> None:
    """Keep compiled templates in a folder for this version of Jinja; one whose source changed is compiled anew."""
    own = folder / f"templates-{jinja2.__version__}"
    with suppress(OSError):
        own.mkdir(parents=True, exist_ok=True)
    app.jinja_env.bytecode_cache = Compiled(str(own))
