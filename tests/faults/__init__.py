"""Faults that a running installation has to survive; each beside a planted bug that must be found."""
