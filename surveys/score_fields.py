"""What a record of scores holds: known to exports and pages, which must not load the estimators."""

from __future__ import annotations

from typing import Any

FIELDS = (
    "unit", "unit_name", "level", "measure", "series", "bases", "n", "n_psu", "estimate", "se", "df", "ci_low",
    "ci_high", "deff", "target", "verdict", "flags", "publishable",
)
"""fields of a record, in the order of an export"""

FLAGS = (
    "no_answers", "zero_weight", "small_n", "few_psus", "degenerate", "single_psu_stratum", "pooled_deff",
    "pooled_df", "unknown_deff", "incomplete_criteria", "population_weighted", "population_missing", "fpc_ignored",
    "voluntary_sample", "conditional_interval", "low_response", "protected", "monitoring", "simulated", "training",
)
"""what `flags` may hold, in the order they are listed; their wording is in app.result_words"""

Record = dict[str, Any]
