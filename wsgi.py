"""What gunicorn and `flask --app wsgi` load."""

import sys

from app import create_app, messages
from surveys.errors import Refusal

try:
    app = create_app()
except Refusal as refusal:  # a restore is at work
    sys.exit(messages.both(refusal))
