"""`python -m tests.faults [--quick] [--twins] [--answers N] [NAME…]`: provoke faults, print what was lost."""

import sys

from tests.faults.harness import main

sys.exit(main(sys.argv[1:]))
