"""R's numbers, call by call, through the runner of `tests.reference`; and that the runner itself tells the truth."""

from __future__ import annotations

import copy
import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.reference import conformance
from tests.reference.cases import FOLDER
from tests.reference.compare import MATCHED, MISMATCHED, UNSUPPORTED, judge
from tests.reference.evaluate import Scope
from tests.reference.frames import Factor, Frame, Texts, Vector, column
from tests.reference.parser import GrammarError, parse, source
from tests.reference.session import Data, Session

FAST = ["a_tests", "api_clus1", "b_domains_collapsed", "c_calibration", "fh_milk", "lonely_psu", "pairs_replicates"]


def case_file(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((FOLDER / "cases" / f"{name}.json").read_text(encoding="utf-8"))
    return read


def not_matched(case: dict[str, Any], data: Path = FOLDER / "data") -> dict[str, tuple[str, ...]]:
    """Result -> what differs."""
    verdicts = conformance.judge_all(case, conformance.compute(case, data))
    return {name: verdict.differences for name, verdict in verdicts.items() if verdict.state != MATCHED}


@pytest.mark.parametrize("name", FAST)
def test_every_result_of_a_case_is_that_of_the_reference_program(name: str) -> None:
    assert not_matched(case_file(name)) == {}


@pytest.mark.slow
def test_the_whole_reference_folder_matches(capsys: pytest.CaptureFixture[str]) -> None:
    code = conformance.main([str(FOLDER)])
    last = capsys.readouterr().out.splitlines()[-1]
    assert (code, last) == (0, "1801 results in 34 cases: 1801 matched, 0 mismatched, 0 unsupported")


# ---------------------------------------------------------------- nothing is keyed to what the folder holds


def renamed(text: str, names: dict[str, str], levels: dict[str, str]) -> str:
    """An expression with other names of columns and designs, and other labels of categories."""
    text = re.sub(r'"([^"]*)"', lambda found: f'"{levels.get(found[1], found[1])}"', text)
    pieces = re.split(r'("[^"]*")', text)
    swap = re.compile(r"(?<![\w.])(" + "|".join(map(re.escape, sorted(names, key=len, reverse=True))) + r")(?![\w.(])")
    return "".join(
        piece if piece.startswith('"') else swap.sub(lambda found: names[found[1]], piece) for piece in pieces
    )


def test_other_names_labels_files_and_order_of_rows_change_nothing(tmp_path: Path) -> None:
    case = case_file("clusters")
    with (FOLDER / "data" / case["data"]).open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    order = np.random.default_rng(4).permutation(len(rows))
    categories = {text for row in rows for text in row if text and not re.fullmatch(r"-?[\d.]+", text)}
    levels = {text: f"nhãn {text}" for text in categories}
    names = {name: f"cot.{at}" for at, name in enumerate(header)} | {"D": "thiet_ke", "Dw": "D", "S": "rake"}
    names[Path(case["data"]).stem] = "khac"
    (tmp_path / "data").mkdir()
    with (tmp_path / "data" / "khac.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([names[name] for name in header])
        writer.writerows([[levels.get(text, text) for text in rows[at]] for at in order])
    other = copy.deepcopy(case) | {"case": "khác", "data": "khac.csv"}
    other["designs"] = {names[name]: renamed(text, names, levels) for name, text in case["designs"].items()}
    for at, result in enumerate(other["results"]):
        result |= {"id": f"r{at}", "call": renamed(result["call"], names, levels)}
        if "groups" in result:
            result["groups"] = {
                names[name]: [levels.get(label, label) for label in labels] for name, labels in result["groups"].items()
            }
        if "table" in result:
            result["table"] = {names[name]: table for name, table in result["table"].items()}
    assert 'svyby(~cot' in " ".join(result["call"] for result in other["results"])
    assert not_matched(other, tmp_path / "data") == {}


def test_expected_values_are_not_looked_at() -> None:
    case = case_file("pairs_replicates")
    blank = copy.deepcopy(case)
    for result in blank["results"]:
        for key in set(result) - {"id", "call"}:
            del result[key]
    assert conformance.compute(blank, FOLDER / "data") == conformance.compute(case, FOLDER / "data")


# ---------------------------------------------------------------- the rule of comparison


def result(**values: Any) -> dict[str, Any]:
    return {"id": "x", "type": "stat", "call": "-", **values}


def test_a_wrong_value_turns_any_result_red() -> None:
    case = case_file("a_two_stage_means")
    computed = conformance.compute(case, FOLDER / "data")
    changed = 0
    for expected in case["results"]:
        found = computed[expected["id"]]
        assert judge(expected, found).state == MATCHED
        for key in {"estimate", "se", "ci", "values", "value", "deff"} & set(expected):
            scale = expected.get("scale", {}).get(key, 1.0)
            wrong = copy.deepcopy(found)
            wrong[key] = shifted(found[key], 0.01 * scale)
            assert judge(expected, wrong).state == MISMATCHED, (expected["id"], key)
            changed += 1
    assert changed > 150


def shifted(value: Any, by: float) -> Any:
    """The first number of it moved."""
    if isinstance(value, list):
        return [shifted(value[0], by), *value[1:]]
    return value + by


@pytest.mark.parametrize(
    "expected, found, state",
    [
        (result(estimate=[0.5]), {"estimate": [0.5 + 0.9e-9]}, MATCHED),
        (result(estimate=[0.5]), {"estimate": [0.5 + 1.1e-9]}, MISMATCHED),
        (result(estimate=[5e6]), {"estimate": [5e6 + 4e-3]}, MATCHED),  # relative to the value above the scale
        (result(estimate=[5e6]), {"estimate": [5e6 + 6e-3]}, MISMATCHED),
        (result(estimate=[0.5], scale={"estimate": 100.0}), {"estimate": [0.5 + 0.9e-7]}, MATCHED),
        (result(estimate=[0.5], scale={"se": 100.0}), {"estimate": [0.5 + 0.9e-7]}, MISMATCHED),
        (result(estimate=[0.5], tol={"*": 1e-4}), {"estimate": [0.50009]}, MATCHED),
        (result(estimate=[0.5], tol={"*": 1e-4, "estimate": 1e-6}), {"estimate": [0.50009]}, MISMATCHED),
        (result(estimate=[0.5], se=[0.1]), {"estimate": [0.5]}, MISMATCHED),  # a value is missing
        (result(estimate=[0.5, 0.6]), {"estimate": [0.5]}, MISMATCHED),
        (result(estimate=[0.5]), {"estimate": 0.5}, MATCHED),
        (result(estimate=0.5), {"estimate": [0.5], "more": [1]}, MATCHED),
        (result(estimate=[None]), {"estimate": [None]}, MATCHED),
        (result(estimate=[None]), {"estimate": [float("nan")]}, MATCHED),
        (result(estimate=[None]), {"estimate": [0.0]}, MISMATCHED),
        (result(estimate=[0.0]), {"estimate": [None]}, MISMATCHED),
        (result(estimate=[0.0]), {"estimate": [float("nan")]}, MISMATCHED),
        (result(estimate=["Inf"]), {"estimate": ["Inf"]}, MATCHED),
        (result(estimate=["Inf"]), {"estimate": [1e300]}, MISMATCHED),
        (result(estimate=["-Inf"]), {"estimate": ["Inf"]}, MISMATCHED),
        (result(estimate=[1e300]), {"estimate": ["Inf"]}, MISMATCHED),
        (result(se=[1.0, 3e-17], noise=["se[1]"]), {"se": [1.0, 8e-10]}, MATCHED),
        (result(se=[1.0, 3e-17], noise=["se[1]"]), {"se": [1.0, 2e-9]}, MISMATCHED),
        (result(se=[1.0, 0.1], noise=["se[1]"]), {"se": [1.0, 0.1]}, MISMATCHED),  # noise means 0
        (result(se=[1.0, 3e-17], noise=["se[1]"]), {"se": [1.0, None]}, MISMATCHED),
        (result(se=[1.0, 3e-17], noise=["se[1]"]), {"se": [2.0, 0.0]}, MISMATCHED),
        (result(ci=[0.0, 0.4], not_compared=["ci"]), {"ci": None}, MATCHED),
        (result(ci=[0.0, 0.4], not_compared=["ci"]), {}, MATCHED),
        (result(ci=[0.0, 0.4], not_compared=["ci[0]"]), {"ci": [0.3, 0.4]}, MATCHED),
        (result(ci=[0.0, 0.4], not_compared=["ci[1]"]), {"ci": [0.3, 0.4]}, MISMATCHED),
        (result(vcov=[[1.0, 0.5]], names=["a"]), {"vcov": [[1.0, 0.4]]}, MISMATCHED),
        (result(estimate=[0.5], names=["a"]), {"estimate": [0.5], "names": ["b"]}, MATCHED),
        (result(estimate=[0.5]), {"error": "no"}, MISMATCHED),
        (result(estimate=[0.5]), {"unsupported": "no"}, UNSUPPORTED),
        (result(estimate=[0.5]), None, UNSUPPORTED),
        ({"id": "x", "type": "error", "call": "-", "error": "stop", "tol": {"ci": 1}}, {"error": "no"}, MATCHED),
        ({"id": "x", "type": "error", "call": "-", "error": "stop"}, {"estimate": [1.0]}, MISMATCHED),
        ({"id": "x", "type": "error", "call": "-", "error": "stop"}, {"unsupported": "no"}, UNSUPPORTED),
    ],
)
def test_the_rule_of_comparison(expected: dict[str, Any], found: dict[str, Any] | None, state: str) -> None:
    assert judge(expected, found).state == state


@pytest.mark.parametrize(
    "value, state",
    [
        ("error: other words", MATCHED), ({"error": "x"}, MATCHED), (None, MATCHED), ([None, None], MATCHED),
        ([0.1, 0.2], MISMATCHED), ([None, 0.2], MISMATCHED), (0.0, MISMATCHED),
    ],
)
def test_a_text_in_place_of_an_interval_asks_for_none(value: Any, state: str) -> None:
    expected = {"id": "x", "type": "domain_table", "call": "-", "rows": [{"domain": "a", "ci_beta": "error: no df"}]}
    assert judge(expected, {"rows": [{"domain": "a", "ci_beta": value}]}).state == state


def test_rows_and_tables_are_compared_by_the_name_of_the_value() -> None:
    table = {
        "id": "x", "type": "quantile", "call": "-", "tol": {"value": 1e-2},
        "table": {"y": {"quantile": ["0.5"], "value": [3.0], "ci_high": [None]}},
    }
    assert judge(table, {"table": {"y": {"value": [3.02], "ci_high": [None]}}}).state == MATCHED
    assert judge(table, {"table": {"y": {"value": [3.04], "ci_high": [None]}}}).state == MISMATCHED
    assert judge(table, {"table": {"y": {"value": [3.0], "ci_high": [9.0]}}}).state == MISMATCHED
    assert judge(table, {"table": {"z": {"value": [3.0], "ci_high": [None]}}}).state == MISMATCHED
    by = {"id": "x", "type": "by", "call": "-", "estimate": [1.0], "groups": {"g": ["a"]}, "estimate_names": ["a"]}
    assert judge(by, {"estimate": [1.0]}).state == MATCHED
    assert judge(by, {"estimate": [1.0], "groups": {"g": ["b"]}}).state == MISMATCHED


# ---------------------------------------------------------------- the program


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    def make(*results: dict[str, Any], **head: Any) -> Path:
        (tmp_path / "cases").mkdir()
        (tmp_path / "data").mkdir()
        (tmp_path / "data" / "d.csv").write_text("u,w,y,g\n1,2,1,a\n2,2,0,b\n3,2,,a\n4,4,1,b\n", encoding="utf-8")
        case = {"case": "small", "data": "d.csv", **head, "results": list(results)}
        case.setdefault("designs", {"D": "svydesign(id = ~u, weights = ~w, data = d)"})
        (tmp_path / "cases" / "small.json").write_text(json.dumps(case), encoding="utf-8")
        return tmp_path

    return make


def test_the_program_counts_writes_and_says_whether_all_match(
    folder: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    place = folder(
        {"id": "n", "type": "value", "call": "nrow(D)", "value": 4},
        {"id": "mean", "type": "stat", "call": "svymean(~y, D, na.rm = TRUE)", "estimate": [0.75]},
        {"id": "wrong", "type": "value", "call": "degf(D)", "value": 2},
        {"id": "unknown", "type": "value", "call": "svykappa(~y + g, D)", "value": 1},
        {"id": "no_column", "type": "error", "call": "svymean(~z, D)", "error": "object 'z' not found"},
        {"id": "broken", "type": "value", "call": "nrow(D", "value": 1},
        {"id": "missing", "type": "stat", "call": "svymean(~y, D)", "estimate": [None], "se": [None]},
    )
    out = place / "out.json"
    assert conformance.main([str(place), "--json", str(out)]) == 1
    said = capsys.readouterr().out
    assert "small                                  4 matched     1 mismatched     2 unsupported" in said
    assert "mismatched wrong: degf(D)" in said
    written = json.loads(out.read_text(encoding="utf-8"))["small"]
    assert written["n"] == {"value": [4.0]}
    assert written["mean"]["estimate"] == [pytest.approx(0.75)]  # (2 + 4) / 8, one of four did not answer
    assert "svykappa" in written["unknown"]["unsupported"]
    assert list(written["no_column"]) == ["error"]
    assert list(written["broken"]) == ["unsupported"]
    assert written["missing"]["estimate"] == written["missing"]["se"] == [None]
    assert set(written) == {"n", "mean", "wrong", "unknown", "no_column", "broken", "missing"}


def test_the_program_ends_with_0_when_all_match_and_knows_its_cases(folder: Callable[..., Path]) -> None:
    place = folder({"id": "n", "type": "value", "call": "nrow(D)", "value": 4})
    assert conformance.main([str(place), "--case", "small", "--verbose"]) == 0
    with pytest.raises(SystemExit):
        conformance.main([str(place), "--case", "large"])
    (place / "cases" / "torn.json").write_text('{"case": "torn", "results": [', encoding="utf-8")
    assert conformance.main([str(place)]) == 1


def test_a_crash_of_one_result_does_not_stop_the_rest(
    folder: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fall(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("tests.reference.calls.inference.adjust", fall)
    place = folder(
        {"id": "a", "type": "value", "call": "p.adjust(c(0.1, 0.2))", "value": [0.2, 0.2]},
        {"id": "b", "type": "value", "call": "nrow(D)", "value": 4},
    )
    [case], _ = conformance.read_cases(place, [])
    computed = conformance.compute(case, place / "data")
    assert computed["b"] == {"value": [4.0]}
    assert "ZeroDivisionError" in computed["a"]["unsupported"]


def test_options_of_a_result_replace_those_of_the_case(folder: Callable[..., Path]) -> None:
    call, adjust = "svymean(~y, D, na.rm = TRUE)", {"survey.lonely.psu": "adjust"}
    place = folder(
        {"id": "fail", "type": "error", "call": call, "error": "Stratum (a) has only one PSU at stage 1"},
        {"id": "adjust", "type": "stat", "call": call, "options": adjust, "estimate": [0.75]},
        {"id": "degf", "type": "value", "call": "degf(D)", "value": 2},  # four PSUs in two strata
        options={"survey.lonely.psu": "fail"}, derived={"h": 'ifelse(u == 4, "b", "a")'},
        designs={"D": "svydesign(id = ~u, strata = ~h, weights = ~w, data = d)"},
    )
    [case], _ = conformance.read_cases(place, [])
    assert not_matched(case, place / "data") == {}


# ---------------------------------------------------------------- the grammar


def evaluated(text: str, **columns: Any) -> Any:
    frame = Frame(dict(columns), max(map(len, columns.values()), default=1))
    return Scope(Session(Data({"data": None}, FOLDER), {}), frame).evaluate(parse(text))


@pytest.mark.parametrize(
    "text, value",
    [
        ("-2^2", [-4]), ("2^-1", [0.5]), ("2^3^2", [512]), ("-1:2", [-1, 0, 1, 2]), ("1 + 2 * 3 - 4 / 2", [5]),
        ("3:1", [3, 2, 1]), ("!TRUE | TRUE", [1]), ("!1 == 2", [1]), ("1 + 1 == 2 & 3 > 2", [1]),
        ("c(1, NA) > 0", [1, None]), ("NA & FALSE", [0]), ("NA | TRUE", [1]), ("NA & TRUE", [None]),
        ("c(a = 1, \"b c\" = 2)", [1, 2]), ("rep(c(1, 2), 2)", [1, 2, 1, 2]), ("rep(c(1, 2), each = 2)", [1, 1, 2, 2]),
        ("x / 2", [0.5, None, 2]), ("ifelse(x > 1, 1, 0)", [0, None, 1]), ("as.numeric(x >= 4)", [0, None, 1]),
        ("is.na(x)", [0, 1, 0]), ("x + c(1, 2, 3)", [2, None, 7]), ("f == \"b\"", [0, 1, None]),
        ("f != \"b\" & !is.na(f)", [1, 0, 0]), ("as.numeric(f)", [1, 2, None]),
        ("ifelse(f == \"a\", x, 0)", [1, 0, None]), ("x == \"4\"", [0, None, 1]), ("\"10\" < \"9\"", [1]),
        ("rowSums(cbind(x, 5, 1) >= 4, na.rm = TRUE)", [1, 1, 2]), ("rowSums(cbind(x, 5))", [6, None, 9]),
        ("rowSums(!is.na(cbind(x, x)))", [2, 0, 2]), ("factor(x, levels = 4:1) == \"4\"", [0, None, 1]),
        (".5e1 + 1e-1", [5.1]), ("I(x == 1)", [1, None, 0]),
    ],
)
def test_expressions_are_those_of_r(text: str, value: list[float | None]) -> None:
    x = Vector(np.array([1.0, np.nan, 4.0]))
    found = evaluated(text, x=x, f=Factor(np.array([0, 1, -1]), ("a", "b")))
    assert conformance.plain(found.values) == pytest.approx(value)


def test_a_name_before_a_parenthesis_is_a_function_and_any_other_a_value() -> None:
    assert source(parse("rake(rake, list(~a + b), c(\"x y\" = 1))")) == "rake(rake, list(~a + b), c(x y = 1))"
    assert source(parse("y ~ I(x == \"Yes\") + log(z)")) == "y ~ I(x == \"Yes\") + log(z)"
    assert source(parse("quote(D1 / D3)")) == "quote(D1 / D3)"


@pytest.mark.parametrize("text", ["", "a +", "f(a", "a b", "f(,)", "a[1]", "function(x) x", "\"open"])
def test_what_is_not_in_the_grammar_is_refused(text: str) -> None:
    with pytest.raises(GrammarError):
        parse(text)


def test_a_column_is_numeric_when_all_it_has_are_numbers_else_a_factor_in_code_point_order() -> None:
    numbers, texts = column(["1", "", "-2.5e1"]), column(["b", "", "B", "1", "á"])
    assert isinstance(numbers, Vector)
    assert conformance.plain(numbers.values) == [1.0, None, -25.0]
    assert isinstance(texts, Factor)
    assert texts.levels == ("1", "B", "b", "á")
    assert texts.codes.tolist() == [2, -1, 1, 0, 3]
    assert isinstance(column(["", ""]), Vector)
    assert evaluated("ifelse(x > 1, \"hai\", \"một\")", x=Vector(np.array([1.0, 2.0]))).values == ("một", "hai")
    assert isinstance(evaluated("as.character(x)", x=Vector(np.array([1.0, 2.5]))), Texts)


# ---------------------------------------------------------------- calls, where hand and eye suffice


def called(folder: Path, **calls: str) -> dict[str, dict[str, Any]]:
    [case], _ = conformance.read_cases(folder, [])
    return conformance.compute(
        {**case, "results": [{"id": name, "call": call} for name, call in calls.items()]}, folder / "data"
    )


def test_arguments_are_matched_as_r_does(folder: Callable[..., Path]) -> None:
    found = called(
        folder(), places="svymean(~y, D, TRUE)", names="svymean(na.rm = TRUE, design = D, x = ~y)",
        beginnings="svymean(~y, des = D, na = TRUE)", by="svyby(by = ~g, D, svymean, formula = ~y, na.rm = TRUE)",
        unknown="svymean(~y, D, na.rm = TRUE, weight = 3)",
    )
    assert found["places"] == found["names"] == found["beginnings"]
    assert found["places"]["estimate"] == [pytest.approx(0.75)]
    assert found["by"]["estimate"] == [pytest.approx(1.0), pytest.approx(2 / 3)]  # a: 1; b: 0 by 2, 1 by 4
    assert found["by"]["groups"] == {"g": ["a", "b"]}
    assert "weight" in found["unknown"]["unsupported"]


def test_a_table_without_covariances_has_none_between_its_domains(folder: Callable[..., Path]) -> None:
    table = "svyby(~u, ~g, D, svymean{})"
    pairs = {"D": "svydesign(id = ~pair, weights = ~w, data = d)"}  # each PSU has a row of either domain
    place = folder(derived={"pair": "ifelse(u > 2, 2, 1)"}, designs=pairs)
    found = called(
        place, se=f"SE({table.format('')})", apart=f"svycontrast({table.format('')}, c(a = 1, b = -1))",
        together=f"svycontrast({table.format(', covmat = TRUE')}, c(a = 1, b = -1))",
        ratio=f"svycontrast({table.format(', covmat = TRUE')}, quote(a / b))",
        test=f"contrast_test(svycontrast({table.format('')}, c(a = 1, b = -1)), df = 3)",
    )
    a, b = found["se"]["value"]
    assert found["apart"]["se"] == [pytest.approx(np.hypot(a, b), rel=1e-12)]
    assert found["together"]["se"][0] != pytest.approx(np.hypot(a, b), rel=1e-3)
    mean_a, mean_b = (1 * 2 + 3 * 2) / 4, (2 * 2 + 4 * 4) / 6
    assert found["together"]["estimate"] == found["apart"]["estimate"] == [pytest.approx(mean_a - mean_b)]
    assert found["ratio"]["estimate"] == [pytest.approx(mean_a / mean_b)]
    assert found["test"]["value"][:2] == [pytest.approx((mean_a - mean_b) / np.hypot(a, b)), 3.0]


def test_a_subset_keeps_the_levels_of_a_factor_and_not_those_of_a_text(folder: Callable[..., Path]) -> None:
    found = called(
        folder(derived={"t": "as.character(g)"}), factor='svytotal(~g, subset(D, g == "a"))',
        text='svytotal(~t, subset(D, g == "a"))', made="svytotal(~factor(u), subset(D, u > 2))",
        table='svytable(~g, subset(D, g == "b"))', rows='nrow(subset(D, y > 0))',
    )
    assert (found["factor"]["names"], found["factor"]["estimate"]) == (["ga", "gb"], [4.0, 0.0])
    assert (found["text"]["names"], found["text"]["estimate"]) == (["ta"], [4.0])
    assert (found["made"]["names"], found["made"]["estimate"]) == (["factor(u)3", "factor(u)4"], [2.0, 4.0])
    assert found["table"]["values"] == [[0.0], [6.0]]
    assert found["rows"]["value"] == [2.0]  # a missing condition is no


def test_models_without_intercept_start_with_every_level(folder: Callable[..., Path]) -> None:
    found = called(folder(), mean="svyby(~u, ~g, D, svymean)", model="svyglm(u ~ 0 + g, D)", usual="svyglm(u ~ g, D)")
    assert found["model"]["names"] == ["ga", "gb"]
    assert found["model"]["estimate"] == pytest.approx(found["mean"]["estimate"])
    assert found["model"]["se"] == pytest.approx(found["mean"]["se"])
    assert found["usual"]["names"] == ["(Intercept)", "gb"]
    assert found["model"]["df_resid"] == found["usual"]["df_resid"] == 2  # four PSUs, one stratum: 3 + 1 - 2
