"""The verbs of the command line and their options."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any, TextIO

Run = Callable[[argparse.Namespace, TextIO], None]

ABOUT = """\
Design-based estimates from a table of answers: CSV (comma, semicolon or tab) or Parquet, from a file or from
standard input. Ước lượng theo thiết kế mẫu từ một bảng phiếu trả lời; xem docs/method-note.md.
"""
EXAMPLES = """\
examples
  python -m analysis mean -y q1,q2 --ids psu --strata stratum --weights w answers.csv
  python -m analysis proportion -y 'q1-q22' --satisfied 4,5 --by commune --by sex,age \\
      --ids psu,person --strata stratum --weights w --fpc N_psu,N_person --nest --target '>0.85' answers.csv
  python -m analysis ratio -y 'q1-q22' --satisfied 4,5 --by district --format csv answers.csv | sort -t, -k3
  python -m analysis proportion -y q1 --satisfied 4,5 --rake margins.csv --weights w answers.csv

in R's survey package                       here
  svydesign(id=~a+b, strata=~s, weights=~w,   --ids a,b --strata s --weights w --fpc N,M --nest
            fpc=~N+M, nest=TRUE)
  options(survey.lonely.psu="adjust")         --lonely-psu adjust
  subset(D, sex == "nu")                      --where sex=nu
  svymean(~q1, D, deff=TRUE)                  mean -y q1 --deff
  svyby(~q1, ~commune+sex, D, svymean)        mean -y q1 --by commune,sex
  svyciprop(~I(q1>=4), D, method="beta")      proportion -y q1 --satisfied 4,5 --ci beta
  svyratio(~a, ~b, D)                         ratio -y a --over b
  svyquantile(~q1, D, c(.25, .5))             quantile -y q1 --probabilities .25,.5
  svyttest(q1~sex, D)                         test -y q1 --between sex
  rake(D, list(~sex, ~age), ...)              --rake margins.csv
  as.svrepdesign(D, "JKn")                    --replicates JKn

exit codes: 0 done; 1 the data do not allow it; 2 the command is wrong.
"""
VERBS: dict[str, tuple[str, str]] = {
    "mean": ("weighted means", "The weighted mean of each column over the rows that have a value."),
    "total": ("weighted totals", "The weighted sum of each column; with --satisfied the number of persons."),
    "proportion": (
        "shares", "With --satisfied the share of these answers among the valid ones; of a column of 0 and 1 the share "
        "of 1; of any other column the share of each of its labels."
    ),
    "ratio": (
        "ratios of two totals, pooled answers",
        "With --over the ratio of two columns' totals. Without, the answers of all columns are pooled: one figure "
        "for a factor or for the whole form; --factor NAME=COLUMNS gives several.",
    ),
    "quantile": ("quantiles", "Weighted quantiles with Woodruff's interval."),
    "test": (
        "tests against a target, or between groups",
        "With --target every estimate (a mean, or with --satisfied a share) against the target; with --between the "
        "differences between the groups of a column. --adjust over all tests of the call.",
    ),
    "rake": ("weights that meet several margins", "The table with a new column of raked weights."),
    "calibrate": ("weights that meet totals", "The table with a new column of calibrated weights."),
    "poststratify": ("weights that meet one table", "The table with a new column of post-stratified weights."),
}
METHODS = ("hybrid", "beta", "wilson", "logit", "xlogit", "likelihood", "asin", "mean")


def parser() -> argparse.ArgumentParser:
    whole = argparse.ArgumentParser(
        prog="python -m analysis", description=ABOUT, epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = whole.add_subparsers(dest="verb", required=True, metavar="VERB")
    table, design, estimates = _table(), _design(), _estimates()
    for verb, (short, long) in VERBS.items():
        weighting = verb in ("rake", "calibrate", "poststratify")
        own = verbs.add_parser(
            verb, help=short, description=long, parents=[table, design] if weighting else [table, design, estimates],
        )
        own.set_defaults(run=_later("weighting" if weighting else "estimating"), source=None)
        (_weighting if weighting else _of_verb)(own, verb)
    return whole


def _later(module: str) -> Run:
    """The verb's module is loaded when it is asked for: --help needs no numpy."""
    def run(asked: argparse.Namespace, out: TextIO) -> None:
        import importlib

        importlib.import_module(f"analysis.command.{module}").run(asked, out)

    return run


def names(text: str) -> list[str]:
    found = [name.strip() for name in text.split(",")]
    if not all(found):
        raise argparse.ArgumentTypeError(f"names with commas between them expected, found {text!r}")
    return found


def _sign(text: str) -> str:
    sign = text.replace("\\t", "\t")
    if len(sign) != 1:
        raise argparse.ArgumentTypeError(f"one sign expected, found {text!r}")
    return sign


def _probabilities(text: str) -> list[float]:
    try:
        found = [float(each) for each in text.split(",")]
    except ValueError:
        found = [2.0]
    if not all(0 <= each <= 1 for each in found):
        raise argparse.ArgumentTypeError(f"numbers from 0 to 1 with commas between them expected, found {text!r}")
    return found


def _level(text: str) -> float:
    try:
        level = float(text)
    except ValueError:
        level = 0.0
    if not 0 < level < 1:
        raise argparse.ArgumentTypeError(f"a number between 0 and 1 expected, for instance 0.95; found {text!r}")
    return level


def _target(text: str) -> tuple[str, float]:
    sign = next((sign for sign in (">=", ">") if text.startswith(sign)), None)
    number = text[len(sign or ""):].strip()
    try:
        value = float(number.removesuffix("%")) / (100 if number.endswith("%") else 1)
    except ValueError:
        sign = None
    if sign is None:
        raise argparse.ArgumentTypeError(
            f"'>' or '>=' and a number expected, for instance '>0.85' or '>=95%'; found {text!r}"
        )
    return sign, value


def _pair(text: str) -> tuple[float, float]:
    low, mark, high = text.partition(",")
    try:
        if not mark:
            raise ValueError
        return float(low), float(high)
    except ValueError:
        raise argparse.ArgumentTypeError(f"two numbers with a comma between them expected, found {text!r}") from None


def _df(text: str) -> str | float:
    if text in ("domain", "design", "inf"):
        return text
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"domain, design, inf or a number expected, found {text!r}") from None


def _table() -> argparse.ArgumentParser:
    part = argparse.ArgumentParser(add_help=False)
    part.add_argument("file", nargs="?", default="-", help="CSV or Parquet; '-' or nothing: standard input")
    group = part.add_argument_group("the table")
    group.add_argument(
        "--separator", type=_sign, metavar="SIGN", help="between fields (default: what the header shows)"
    )
    group.add_argument("--decimal", choices=(".", ","), default=".", help="before decimals (default: a point)")
    group.add_argument(
        "--missing", type=names, default=[], metavar="TEXT,...",
        help="texts that stand for no answer, beside '' and NA",
    )
    return part


def _design() -> argparse.ArgumentParser:
    part = argparse.ArgumentParser(add_help=False)
    group = part.add_argument_group("the design")
    group.add_argument(
        "--ids", type=names, metavar="PSU[,SSU,...]", help="units of each stage (default: every row is one)"
    )
    group.add_argument("--strata", type=names, metavar="COLUMN,...", help="strata of each stage")
    group.add_argument("--weights", metavar="COLUMN", help="persons a row stands for (default: from --fpc, or 1)")
    group.add_argument(
        "--fpc", type=names, metavar="COLUMN,...", help="units in the population, or fractions, of each stage"
    )
    group.add_argument("--nest", action="store_true", help="labels of units are used again in other strata")
    group.add_argument(
        "--lonely-psu", choices=("fail", "certainty", "adjust", "remove", "average"), default="fail",
        help="what a stratum with a single unit contributes (default: fail)",
    )
    group.add_argument(
        "--domain-lonely", action="store_true", help="adjust and average also where a domain has one unit left"
    )
    group.add_argument("--ultimate-cluster", action="store_true", help="variance of the first stage only")
    group.add_argument(
        "--where", action="append", default=[], metavar="CONDITION",
        help="a domain of the whole design: COLUMN=LABEL[,LABEL] or !=, or >, >=, <, <= with a number; repeated: all "
        "must hold",
    )
    return part


def _estimates() -> argparse.ArgumentParser:
    part = argparse.ArgumentParser(add_help=False)
    group = part.add_argument_group("what is estimated")
    group.add_argument(
        "-y", "--items", dest="items", action="append", type=names, metavar="COLUMN,...",
        help="columns; 'q1-q22' means all from q1 to q22 in the table's order",
    )
    group.add_argument("--satisfied", type=names, metavar="CODE,...", help="answers that count 1, the others 0")
    group.add_argument(
        "--by", action="append", default=[], type=names, metavar="COLUMN[,COLUMN]",
        help="a domain for each label, or combination of labels; repeated: several systems of domains",
    )
    group.add_argument("--overall", action="store_true", help="with --by: the whole as well")
    group.add_argument("--level", type=_level, default=0.95, help="of intervals (default: 0.95)")
    group.add_argument(
        "--df", type=_df, default="domain", help="of t intervals: domain (default), design, inf or a number"
    )
    group.add_argument(
        "--deff", action="store_const", const="without",
        help="design effect against simple random sampling without replacement",
    )
    group.add_argument("--deff-replace", dest="deff", action="store_const", const="replace", help="the same, with")
    group.add_argument(
        "--format", choices=("text", "csv", "json", "vi"), default="text",
        help="of the table (default: text); vi: Vietnamese words and figures, shares in percent, half up",
    )
    group = part.add_argument_group("weights brought to the population; intervals know of it")
    one = group.add_mutually_exclusive_group()
    for verb in ("rake", "calibrate", "poststratify"):
        one.add_argument(f"--{verb}", metavar="MARGINS", help=f"a CSV as for the verb {verb}")
    _calibration(group)
    group = part.add_argument_group("variance by replicates")
    group.add_argument(
        "--replicates", choices=("JK1", "JKn", "BRR", "Fay", "subbootstrap", "bootstrap", "mrbbootstrap"),
        help="made from the design",
    )
    group.add_argument("--replicate-weights", type=names, metavar="COLUMN,...", help="given, like -y; with --scale")
    group.add_argument("--scale", type=float, help="what multiplies the sum of squares (default: 1/number)")
    group.add_argument("--mse", action="store_true", help="squares around the full sample's estimate")
    group.add_argument("--count", type=int, default=200, help="of bootstrap replicates (default: 200)")
    group.add_argument("--seed", type=int, default=1, help="of the bootstraps (default: 1)")
    return part


def _calibration(group: Any) -> None:
    group.add_argument(
        "--method", choices=("linear", "raking", "logit"), default="linear", help="of calibrate (default: linear)"
    )
    group.add_argument(
        "--bounds", type=_pair, metavar="LOW,HIGH", help="of calibrate: smallest and largest ratio of weights"
    )


def _of_verb(own: argparse.ArgumentParser, verb: str) -> None:
    group = own.add_argument_group(f"of {verb}")
    if verb in ("proportion", "ratio", "test"):
        group.add_argument(
            "--ci", choices=METHODS, default="hybrid",
            help="interval of shares (default: hybrid, which always exists: Korn-Graubard for one item, Wilson for "
            "pooled answers, small domains borrowing a design effect; the others as R's svyciprop)",
        )
        group.add_argument(
            "--pool", metavar="COLUMN", help="of hybrid: domains with the same label borrow from each other first"
        )
    if verb in ("mean", "proportion", "ratio", "test"):
        group.add_argument(
            "--target", type=_target, metavar="'>0.85'", help="'>' is strict, '>=' is not; '>85%%' is the same"
        )
    if verb == "ratio":
        group.add_argument("--over", metavar="COLUMN", help="the denominator of every column of -y")
        group.add_argument(
            "--factor", action="append", default=[], metavar="NAME=COLUMN,...",
            help="pooled answers of these; may be repeated",
        )
    if verb == "quantile":
        group.add_argument(
            "--probabilities", type=_probabilities, default=[0.5], metavar="P,...", help="(default: 0.5)"
        )
        group.add_argument("--rule", choices=("math", "school", "hf7"), default="math", help="(default: math)")
    if verb == "test":
        group.add_argument("--between", metavar="COLUMN", help="groups whose differences are tested")
        group.add_argument(
            "--adjust", choices=("BH", "BY", "holm", "hochberg", "hommel", "bonferroni", "none"), default="none",
            help="p values for the number of tests (default: none)",
        )


def _weighting(own: argparse.ArgumentParser, verb: str) -> None:
    group = own.add_argument_group(f"of {verb}")
    group.add_argument(
        "--margins", required=True, metavar="FILE",
        help="CSV with the columns variable, level, total. A table of two variables: 'sex:age' and 'nu:18-29'; a "
        "number (calibrate): an empty level",
    )
    group.add_argument("--name", default="w_calibrated", help="of the new column (default: w_calibrated)")
    group.add_argument("--trim", type=_pair, metavar="LOW,HIGH", help="weights outside are cut, the rest is spread")
    if verb == "calibrate":
        _calibration(group)
