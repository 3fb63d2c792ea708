"""`python -m analysis`: design-based estimates from a table of answers, see `python -m analysis --help`."""

from __future__ import annotations

import sys

from analysis.command import main

sys.exit(main())
