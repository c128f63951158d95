"""What the storms' server runs: the application, made and settled before the workers are forked, as it serves."""

from app import create_app
from booking.operations.server import settle

app = create_app()
settle()
