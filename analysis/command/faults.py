"""What the command line refuses, and with which exit code."""

from __future__ import annotations


class UsageFault(Exception):
    """The command asks for something that is not there: a file, a column, a form of an option. Exit code 2."""


class DataFault(Exception):
    """A value in the table is not what it must be. Exit code 1."""
