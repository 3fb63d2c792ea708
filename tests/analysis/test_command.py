"""`python -m analysis`: what a statistician at a terminal gets, and what is refused."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from analysis.command import main
from tests.reference.cases import TOLERANCE, results

ROOT = Path(__file__).parents[2]
SIPAS = str(ROOT / "tests" / "reference" / "data" / "sipas_a.csv")
ULTIMATE = ["--ids", "psu", "--strata", "stratum", "--weights", "w", "--nest"]
SHARE_OF_Q3 = ["proportion", "-y", "q3", "--satisfied", "4,5"]
TWO_STAGE = ["--ids", "psu,ssu", "--strata", "stratum", "--weights", "w", "--fpc", "fpc1,fpc2", "--nest"]
SMALL = """\
unit,psu,stratum,w,q1,q2,sex
A,1,s,1,5,4,nu
A,1,s,1,2,,nam
A,2,s,3,4,4,nu
B,3,s,2,5,1,nam
B,3,s,1,3,5,nu
B,4,s,2,4,NA,nam
"""


def run(*arguments: str, table: str = SMALL) -> tuple[int, str]:
    out = io.StringIO()
    code = main(arguments, source=io.BytesIO(table.encode()), sink=out)
    return code, out.getvalue()


def rows(*arguments: str, table: str = SMALL) -> list[dict[str, Any]]:
    code, text = run(*arguments, "--format", "json", table=table)
    assert code == 0
    found: list[dict[str, Any]] = json.loads(text)
    return found


def refused(capsys: pytest.CaptureFixture[str], code: int, *arguments: str, table: str = SMALL) -> str:
    got, text = run(*arguments, table=table)
    said = capsys.readouterr().err
    assert (got, text) == (code, ""), said
    assert "Traceback" not in said
    return said


def expect(row: dict[str, Any], expected: dict[str, Any], at: int = 0, scale: float = 1.0) -> None:
    for name in ("estimate", "se"):
        assert row[name] == pytest.approx(expected[name][at], rel=TOLERANCE, abs=TOLERANCE * scale), name


# ---------------------------------------------------------------- the reference program's numbers

def test_several_means_at_once_are_the_reference_programs():
    found = rows("mean", "-y", "q1,q3,q17", *ULTIMATE, SIPAS)
    wanted = results("a_ultimate_cluster_means")
    for row in found:
        expect(row, wanted[f"mean_{row['item']}"])
        assert row["df"] == wanted["degf"]["value"] or row["item"] == "q1"


def test_two_stages_totals_and_design_effects():
    wanted = results("a_two_stage_means")
    (row,) = rows("total", "-y", "q3", "--satisfied", "4,5", *TWO_STAGE, "--lonely-psu", "adjust", SIPAS)
    expect(row, wanted["total_s3"], scale=row["weight"])
    deffs = []
    for option in ("--deff-replace", "--deff"):
        (row,) = rows(*SHARE_OF_Q3, *TWO_STAGE, option, "--lonely-psu", "adjust", SIPAS)
        deffs.append(row["deff"])
    expected = wanted["mean_s3_deffreplace"]["deff"][0]
    assert deffs == pytest.approx([expected, expected / (1 - row["n"] / row["weight"])], rel=TOLERANCE)


@pytest.mark.parametrize("method", ["beta", "logit", "xlogit", "mean", "asin", "likelihood"])
def test_intervals_of_shares_by_name(method: str):
    """The reference program reads the limits of 'likelihood' from a coarse grid."""
    (row,) = rows(*SHARE_OF_Q3, *ULTIMATE, "--ci", method, SIPAS)
    wanted = results("a_ultimate_cluster_means")[f"ci_{method}_s3"]["ci"]
    assert [row["ci_low"], row["ci_high"]] == pytest.approx(wanted, rel=1e-3 if method == "likelihood" else 1e-7)


@pytest.mark.parametrize("by", ["commune", "district", "sex"])
def test_domains_of_one_system_among_several(by: str):
    wanted = results("a_domains_ultimate")[f"by_{by}_mean_s1"]
    found = rows("proportion", "-y", "q1", "--satisfied", "4,5", *ULTIMATE, "--by", "channel", "--by", by, SIPAS)
    of = {row[by]: row for row in found if row[by] is not None}
    for at, label in enumerate(wanted["groups"][by]):
        expect(of[label], wanted, at)
    assert {row["channel"] for row in found} == {None, "kiosk", "mot_cua", "truc_tuyen"}


def test_pooled_answers_by_factor():
    wanted = results("a_ultimate_cluster_means")
    factors = ["--factor", "F1=q1-q4", "--factor", "F4=q15,q16,q17,q18"]
    found = rows("ratio", "-y", "q1-q22", "--satisfied", "4,5", *factors, *ULTIMATE, SIPAS)
    for row, factor in zip(found, ("ALL", "F1", "F4"), strict=True):
        expect(row, wanted[f"ratio_pct_{factor}"])
    assert [row["item"] for row in found] == ["q1-q22", "F1", "F4"]


def test_a_domain_is_no_smaller_sample():
    (row,) = rows("mean", "-y", "q1", "--where", "sex=nu", *ULTIMATE, SIPAS)
    by = results("a_domains_ultimate")["by_sex_mean_q1"]
    expect(row, by, by["groups"]["sex"].index("nu"))


def test_differences_between_groups_and_from_a_target():
    wanted = results("a_tests_ultimate")
    for items, name in ((["-y", "q3"], "ttest_sex_q3"), (SHARE_OF_Q3[1:], "ttest_sex_s3")):
        (row,) = rows("test", *items, "--between", "sex", "--df", "61", *ULTIMATE, SIPAS)
        test = wanted[name]
        assert [row["estimate"], row["t"], row["p"], row["df"]] == pytest.approx(
            [test["estimate"], test["statistic"], test["p_value"], 61], rel=TOLERANCE
        )
    (row,) = rows("test", *SHARE_OF_Q3[1:], "--target", ">0.85", "--ci", "mean", "--df", "design", *ULTIMATE, SIPAS)
    t, df, both, less, greater = wanted["ttest_one_sample_target_usual_df"]["value"]
    names = ("t", "df", "p", "p_less", "p_greater")
    assert [row[name] for name in names] == pytest.approx([t, df, both, less, greater])
    assert row["verdict"] == "not met"


# ---------------------------------------------------------------- small numbers, checked by hand

def test_shares_by_hand():
    (row,) = rows("proportion", "-y", "q1", "--satisfied", "4,5", "--weights", "w")
    assert (row["estimate"], row["n"], row["weight"]) == (8 / 10, 6, 10)


def test_a_ratio_of_two_columns_and_a_pooled_mean():
    (row,) = rows("ratio", "-y", "q1", "--over", "w", "--weights", "w")
    assert row["estimate"] == pytest.approx((5 + 2 + 12 + 10 + 3 + 8) / (1 + 1 + 9 + 4 + 1 + 4))
    (row,) = rows("ratio", "-y", "q1,q2", "--weights", "w")
    assert row["estimate"] == pytest.approx((40 + 4 + 12 + 2 + 5) / (10 + 7))


def test_quantiles_by_hand():
    found = rows("quantile", "-y", "q1", "--probabilities", "0.1,0.5,0.75", "--weights", "w")
    # answers in order 2 3 4 4 5 5, weights cumulated 1 2 5 7 8 10
    assert [(row["probability"], row["estimate"]) for row in found] == [(0.1, 2), (0.5, 4), (0.75, 5)]


def test_a_column_without_codes_gives_the_share_of_each_label():
    found = rows("proportion", "-y", "sex")
    assert [(row["label"], row["estimate"]) for row in found] == [("nam", 0.5), ("nu", 0.5)]


def test_domains_may_cross_and_the_whole_may_stand_beside_them():
    found = rows("mean", "-y", "q1", "--by", "unit,sex", "--by", "unit", "--overall")
    assert [(row["unit"], row["sex"], row["n"]) for row in found] == [
        (None, None, 6), ("A", "nam", 1), ("A", "nu", 2), ("B", "nam", 2), ("B", "nu", 1), ("A", None, 3),
        ("B", None, 3),
    ]


def test_a_verdict_is_the_dual_of_the_interval_beside_it():
    for target in (">0.85", ">=60%", ">0.1", ">99%"):
        for row in rows("proportion", "-y", "q1-q22", "--satisfied", "4,5", "--by", "district", *ULTIMATE,
                        "--target", target, SIPAS):
            low, high, goal = row["ci_low"], row["ci_high"], row["target"]
            met, missed = (low > goal, high <= goal) if target[1] != "=" else (low >= goal, high < goal)
            assert row["verdict"] == ("met" if met else "not met" if missed else "not enough evidence")
            assert (row["p_greater"] < 0.025) == (low > goal)


def test_p_values_are_adjusted_over_all_tests_of_the_call():
    asked = ["--target", ">0.7", "--adjust", "bonferroni"]
    found = rows("test", "-y", "q1,q2,q3", "--satisfied", "4,5", *asked, *ULTIMATE, SIPAS)
    assert [row["p_adjusted"] for row in found] == pytest.approx([min(1, 3 * row["p"]) for row in found])


def test_what_has_no_estimate_in_a_table_is_a_null_that_says_why():
    table = SMALL.replace("B,3,s,2,5,1,nam", "C,3,s,2,,,nam")
    found = rows("mean", "-y", "q1,q2", "--by", "unit", "--weights", "w", table=table)
    (empty,) = [row for row in found if row["unit"] == "C" and row["item"] == "q1"]
    assert [empty[name] for name in ("estimate", "se", "ci_low", "n")] == [None, None, None, 0]
    assert empty["flags"] == ["no_answers"]
    assert all(row["flags"] for row in found if row["ci_low"] is None)
    code, text = run("mean", "-y", "q1", "--by", "unit", "--format", "csv", table=table)
    assert (code, "nan" in text.lower()) == (0, False)


# ---------------------------------------------------------------- forms

def test_text_csv_json_and_vietnamese_hold_the_same_figures():
    options = ("proportion", "-y", "q1", "--satisfied", "4,5", "--weights", "w", "--target", ">0.85")
    (row,) = rows(*options)
    read = list(csv.DictReader(io.StringIO(run(*options, "--format", "csv")[1])))
    assert float(read[0]["ci_low"]) == row["ci_low"]
    assert read[0]["verdict"] == row["verdict"]
    assert f"{row['ci_low']:.6g}" in run(*options)[1]
    text = run(*options, "--format", "vi")[1]
    assert "80,00%" in text
    assert "Chưa đủ căn cứ kết luận" in text


def test_figures_are_rounded_half_up_with_a_comma():
    table = "y\n" + "1\n" * 543 + "0\n" * 257  # 0.67875
    assert "67,88%" in run("proportion", "-y", "y", "--format", "vi", table=table)[1]
    table = "y\n" + "1\n" * 2 + "0\n" * 1  # the mean of 2.675 and what is left of it
    assert "0,67" in run("mean", "-y", "y", "--format", "vi", table=table)[1]


@pytest.mark.parametrize("table, options", [
    (SMALL.replace(",", ";"), ()), (SMALL.replace(",", "\t"), ()), ("\ufeff" + SMALL, ()),
    (SMALL.replace("\n", "\r\n"), ()), (SMALL.replace(",", "|"), ("--separator", "|")),
    (SMALL.replace(",3,4,4", ",3,\"4\",4") + "\n", ()), (SMALL.replace("NA", "k.biết"), ("--missing", "k.biết")),
    (SMALL.replace(",", ";").replace(";3;", ";3,0;"), ("--decimal", ",")),
])
def test_tables_as_offices_write_them(table: str, options: tuple[str, ...]):
    asked = ("mean", "-y", "q1,q2", "--weights", "w")
    assert rows(*asked, *options, table=table) == rows(*asked)


def test_codes_may_be_letters():
    table = SMALL.replace("5", "R").replace("4", "H")
    assert rows("proportion", "-y", "q1", "--satisfied", "R,H", table=table)[0]["estimate"] == pytest.approx(4 / 6)


# ---------------------------------------------------------------- weights

MARGINS = "variable,level,total\nsex,nu,60\nsex,nam,40\n"


def margins(tmp_path: Path, text: str = MARGINS) -> str:
    (tmp_path / "margins.csv").write_text(text, encoding="utf-8")
    return str(tmp_path / "margins.csv")


@pytest.mark.parametrize("verb", ["rake", "calibrate", "poststratify"])
def test_new_weights_meet_the_margins_and_leave_the_table_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], verb: str
):
    code, text = run(verb, "--margins", margins(tmp_path), "--weights", "w", "--name", "g")
    assert code == 0
    read = list(csv.DictReader(io.StringIO(text)))
    assert [row["w"] for row in read] == ["1", "1", "3", "2", "1", "2"]
    for sex, persons in (("nu", 60), ("nam", 40)):
        assert sum(float(row["g"]) for row in read if row["sex"] == sex) == pytest.approx(persons)
    assert "sum 100" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["rake", "calibrate", "poststratify"])
def test_an_estimate_that_the_margins_fix_has_no_error_left(tmp_path: Path, verb: str):
    (row,) = rows("proportion", "-y", "sex", "--satisfied", "nu", f"--{verb}", margins(tmp_path), "--weights", "w")
    assert row["estimate"] == pytest.approx(0.6)
    assert row["se"] == pytest.approx(0, abs=1e-9)


def test_crossed_margins_numbers_and_trimming(tmp_path: Path):
    crossed = "variable,level,total\nunit:sex,A:nu,20\nunit:sex,A:nam,10\nunit:sex,B:nu,10\nunit:sex,B:nam,30\n"
    (row,) = rows("total", "-y", "sex", "--satisfied", "nu", "--poststratify", margins(tmp_path, crossed))
    assert row["estimate"] == pytest.approx(30)
    numbers = "variable,level,total\n(Intercept),,12\nq1,,50\n"
    (row,) = rows("total", "-y", "q1", "--calibrate", margins(tmp_path, numbers))
    assert row["estimate"] == pytest.approx(50)
    code, text = run("rake", "--margins", margins(tmp_path), "--weights", "w", "--trim", "12,23")
    weights = [float(line.rpartition(",")[2]) for line in text.splitlines()[1:]]
    assert code == 0
    assert 12 <= min(weights) <= max(weights) <= 23


def test_replicate_weights_made_and_given():
    (linear,) = rows("mean", "-y", "q1", *ULTIMATE, SIPAS)
    (made,) = rows("mean", "-y", "q1", *ULTIMATE, "--replicates", "JKn", SIPAS)
    assert made["estimate"] == pytest.approx(linear["estimate"])
    assert made["se"] == pytest.approx(linear["se"], rel=0.02)
    table = "y,w,r1,r2,r3\n1,1,0,1.5,1.5\n2,1,1.5,0,1.5\n4,1,1.5,1.5,0\n"
    asked = ("--weights", "w", "--replicate-weights", "r1-r3", "--scale", str(2 / 3))
    (given,) = rows("mean", "-y", "y", *asked, table=table)
    assert given["se"] ** 2 == pytest.approx(((1 - 7 / 3) ** 2 + (2 - 7 / 3) ** 2 + (4 - 7 / 3) ** 2) / 2 / 3)


# ---------------------------------------------------------------- refusals

@pytest.mark.parametrize("arguments, said", [
    (["mean"], "-y: at least one column expected"), (["mean", "-y", "q9"], "no column q9; the columns are unit, psu"),
    (["mean", "-y", "Q1"], "did you mean q1?"), (["mean", "-y", "q2-q1"], "q1 stands before q2"),
    (["mean", "-y", "q1,q1"], "named twice"), (["mean", "-y", "q1-q9"], "no column q9"),
    (["mean", "-y", "q1", "--by", "x"], "--by: no column x"),
    (["mean", "-y", "q1", "--weights", "x"], "--weights: no column x"),
    (["mean", "-y", "q1", "--target", "0.85"], "'>' or '>=' and a number expected"),
    (["mean", "-y", "q1", "--level", "95"], "a number between 0 and 1 expected"),
    (["mean", "-y", "q1", "--where", "sex"], "a condition like"), ([], "VERB"),
    (["mean", "-y", "q1", "--strata", "stratum,unit"], "at most 1"),
    (["mean", "-y", "q1", "--separator", "ab"], "one sign expected"),
    (["proportion", "-y", "q1", "--satisfied", "hài lòng"], "numbers expected, as column q1 has"),
    (["mean", "-y", "q1", "--lonely-psu", "ignore"], "invalid choice"), (["median", "-y", "q1"], "invalid choice"),
    (["test", "-y", "q1"], "either --target or --between"),
    (["quantile", "-y", "q1", "--probabilities", "2"], "from 0 to 1"),
    (["ratio", "-y", "q1", "--over", "w", "--satisfied", "4"], "one of the two expected"),
    (["mean", "-y", "q1", "/nowhere.csv"], "No such file"), (["rake", "--margins", "/nowhere.csv"], "No such file"),
    (["proportion", "-y", "q1", "--satisfied", "4", "--by", "sex", "--pool", "unit"], "one label in each domain"),
])
def test_a_wrong_command_is_exit_code_2_and_says_what_was_expected(
    capsys: pytest.CaptureFixture[str], arguments: Sequence[str], said: str
):
    assert said in refused(capsys, 2, *arguments)


WEIGHTED = ["mean", "-y", "q1", "--weights", "w"]


@pytest.mark.parametrize("table, arguments, said", [
    (SMALL.replace("4,NA", "vier,NA"), ["mean", "-y", "q1"], "row 7, column q1: a number expected, found 'vier'"),
    (SMALL.replace("A,2,s,3", "A,2,s,"), WEIGHTED, "row 4, column w: a number expected, found nothing"),
    (SMALL.replace("A,2,s,3", "A,2,s,-3"), WEIGHTED, "row 4, column w: a number of at least 0 expected, found '-3'"),
    (SMALL.replace("A,2,s,3", "A,2,s,nan"), WEIGHTED, "row 4, column w: a number expected"),
    (SMALL.replace("A,2,s,3", "A,2,s,inf"), WEIGHTED, "row 4, column w: a finite number expected"),
    (SMALL.replace("A,2,s", "A,,s"), ["mean", "-y", "q1", "--ids", "psu"], "row 4, column psu: a label expected"),
    (SMALL.replace("4,4,nu", "4,4"), ["mean", "-y", "q1"], "row 4: 7 fields expected, as in the header, found 6"),
    ("unit,q1\n", ["mean", "-y", "q1"], "rows expected after the header, found none"),
    ("q1\n1\n2\n", ["mean", "-y", "q1", "--fpc", "q1"], "fpc"),
    (SMALL, ["mean", "-y", "q1", "--ids", "psu", "--strata", "psu"], "has a single unit at stage 1"),
    (SMALL.replace("B,3,s,1", "B,3,t,1"), ["mean", "-y", "q1", "--ids", "psu", "--strata", "stratum"], "3"),
    (SMALL, ["mean", "-y", "q1", "--where", "sex=khác"], "q1: at least one answer expected, found none"),
    ("y\nNA\nNA\n", ["mean", "-y", "y"], "y: at least one answer expected, found none"),
    ("y,w\n1,0\n2,0\n", ["mean", "-y", "y", "--weights", "w"], "with a weight above 0 (of 2) expected"),
    ("y\nNA\nNA\n", ["quantile", "-y", "y"], "y: answers"),
])
def test_data_that_do_not_allow_it_are_exit_code_1_with_row_and_column(
    capsys: pytest.CaptureFixture[str], table: str, arguments: Sequence[str], said: str
):
    assert said in refused(capsys, 1, *arguments, table=table)


@pytest.mark.parametrize("text, code, said", [
    ("variable,level\nsex,nu\n", 2, "no column total"),
    ("variable,level,total\nsex,nu,sixty\n", 1, "row 2, column total"),
    ("variable,level,total\nsex,nu,60\nsex,nu,40\n", 1, "every level once"),
    ("variable,level,total\nsex:unit,nu,60\n", 1, "2 labels with a colon"),
    ("variable,level,total\nage,nu,60\n", 2, "no column age"),
    ("variable,level,total\nsex,nu,60\n", 1, "sex = nam: a population total above 0 expected"),
    ("variable,level,total\nsex,nu,60\nsex,nam,40\nunit,A,50\nunit,B,60\n", 1, "110"),
])
def test_margins_that_do_not_fit_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, code: int, said: str
):
    assert said in refused(capsys, code, "rake", "--margins", margins(tmp_path, text), "--weights", "w")


def test_bounds_that_no_weights_satisfy_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = margins(tmp_path, "variable,level,total\nsex,nu,90\nsex,nam,10\n")
    options = ["--margins", path, "--weights", "w", "--method", "logit", "--bounds", "0.9,1.1"]
    assert "reach 9 to 11" in refused(capsys, 1, "calibrate", *options)


# ---------------------------------------------------------------- processes

def shell(command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
        env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
    )


def test_it_reads_a_pipe_and_writes_one(tmp_path: Path):
    (tmp_path / "small.csv").write_text(SMALL)
    command = f"python -m analysis mean -y q1 --by unit --format csv < {tmp_path}/small.csv | cut -d, -f1-3 | tail -n 1"
    done = shell(command)
    assert (done.returncode, done.stdout.split(",")[0], done.stderr) == (0, "B", "")


def test_a_reader_that_has_seen_enough_gets_no_traceback():
    command = f"set -o pipefail; python -m analysis mean -y q1-q22 --by ssu,psu --format csv {SIPAS} | head -n 1"
    done = shell(command)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("ssu,psu,item")


def test_help_names_every_verb_and_loads_no_numpy():
    done = shell("python -X importtime -m analysis --help")
    assert done.returncode == 0
    verbs = ("mean", "total", "proportion", "ratio", "quantile", "test", "rake", "calibrate", "poststratify")
    assert all(f"\n    {verb}" in done.stdout for verb in verbs)
    assert "numpy" not in done.stderr


def test_estimating_loads_neither_scipy_stats_nor_what_only_calibration_needs():
    heavy = ("scipy.stats", "scipy.optimize", "statsmodels", "pandas", "pyarrow", "flask")
    program = (
        "import sys; from analysis.command import main; "
        f"main(['proportion', '-y', 'q1', '--satisfied', '4,5', '{SIPAS}']); "
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = shell(f'python -c "{program}"')
    assert done.stdout.splitlines()[-1] == "[]"


def test_without_pyarrow_a_parquet_table_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "a.parquet").write_bytes(b"PAR1....PAR1")
    assert "needs the package pyarrow" in refused(capsys, 2, "mean", "-y", "q1", str(tmp_path / "a.parquet"))


def test_a_parquet_table_gives_what_its_csv_gives(tmp_path: Path):
    pytest.importorskip("pyarrow")
    from pyarrow import csv as arrow
    from pyarrow import parquet

    (tmp_path / "a.csv").write_text(SMALL)
    parquet.write_table(arrow.read_csv(tmp_path / "a.csv"), tmp_path / "a.parquet")
    options = ("mean", "-y", "q1,q2", "--by", "unit", "--by", "sex", "--ids", "psu", "--weights", "w")
    assert rows(*options, str(tmp_path / "a.parquet")) == rows(*options)
