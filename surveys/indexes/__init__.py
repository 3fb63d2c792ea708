"""Index definitions as data: how answers become a figure, in immutable versions."""
