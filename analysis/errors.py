"""What the analysis refuses. Messages name stratum, stage and unit by their labels, what was expected and found."""

from __future__ import annotations


class DesignError(Exception):
    """The design or what is asked of it has no estimate. A batch of domains gets flagged nulls instead."""


class ShapeError(DesignError):
    """Arrays of a design differ in length, or there is no row."""


class NumberError(DesignError):
    """Something that should be numbers is text, or infinite where an answer is expected."""


class LabelError(DesignError):
    """A row has no label of its unit or stratum."""


class WeightError(DesignError):
    """Weights must be finite, and not negative unless a calibration made them so."""


class NestingError(DesignError):
    """A unit's label occurs in two strata although labels do not repeat across strata (nest=False)."""


class FpcError(DesignError):
    """Population counts differ within a stratum, are not positive, or are smaller than what was sampled."""


class LonelyPsuError(DesignError):
    """A stratum was drawn as one unit of several, and the design says that this must not happen."""


class EmptyDomainError(DesignError):
    """Nobody in the domain answered."""
