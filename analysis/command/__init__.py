"""The command line: a table of answers in, a table of estimates out. Only here does `analysis` touch files."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import BinaryIO, TextIO

from analysis.command.faults import DataFault, UsageFault
from analysis.command.options import parser


def main(
    arguments: Sequence[str] | None = None, source: BinaryIO | None = None, sink: TextIO | None = None
) -> int:
    """Exit code: 0 done; 1 the data do not allow it; 2 the command is wrong; 130 interrupted.

    arguments: None: those of the process; source: what '-' reads; sink: where the table goes.
    """
    try:
        asked = parser().parse_args(arguments)
    except SystemExit as leaving:  # argparse has spoken already
        return leaving.code if isinstance(leaving.code, int) else 2
    if source is not None:
        asked.source = source
    from analysis.design import DesignError  # here, so that --help needs no numpy

    out = sys.stdout if sink is None else sink
    try:
        asked.run(asked, out)
        out.flush()
    except UsageFault as fault:
        return _refused(fault, 2)
    except (DataFault, DesignError) as fault:
        return _refused(fault, 1)
    except BrokenPipeError:  # `| head` has seen enough
        if sink is None:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        return 130
    return 0


def _refused(fault: Exception, code: int) -> int:
    print(f"analysis: {fault}", file=sys.stderr)
    return code
