"""Columns of a model."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.columns import CollinearError, Factor, categories, check_rank, given_matrix, model_matrix
from analysis.design import DesignError, EmptyDomainError, ShapeError

ALL = np.ones(4, dtype=np.bool_)


def test_numbers_stay_and_labels_become_indicators_of_every_level_but_the_first():
    columns = {"age": [20, 30, 40, 50], "sex": ["nu", "nam", "nam", "nu"], "yes": [True, False, True, True]}
    matrix = model_matrix(columns, ALL)
    assert matrix.names == ("(Intercept)", "age", "sexnu", "yes")
    assert matrix.values.tolist() == [[1, 20, 1, 1], [1, 30, 0, 0], [1, 40, 0, 1], [1, 50, 1, 1]]
    assert matrix.terms == {"age": (1,), "sex": (2,), "yes": (3,)}


def test_a_row_with_a_missing_value_does_not_count_and_lends_no_level():
    matrix = model_matrix({"x": [1.0, np.nan, 3.0, 4.0], "g": np.array(["a", "b", "c", None], dtype=object)}, ALL)
    assert matrix.rows.tolist() == [True, False, True, False]
    assert matrix.names == ("(Intercept)", "x", "gc")
    assert matrix.values[~matrix.rows].tolist() == [[0, 0, 0], [0, 0, 0]]


def test_levels_are_sorted_by_code_point_or_size():
    assert categories(["đ", "b", "B", "a"]) [0] == ("B", "a", "b", "đ")
    assert categories([10, 9, 10, 2])[0] == (2, 9, 10)
    levels, codes = categories(np.array(["b", None, "a", "b"], dtype=object), np.array([True, True, True, False]))
    assert (levels, codes.tolist()) == (("a", "b"), [1, -1, 0, -1])


def test_numbers_as_labels_are_named_as_whole_numbers():
    assert model_matrix({"area": Factor([1.0, 2.0, 2.5, 1.0])}, ALL).names == ("(Intercept)", "area2", "area2.5")
    other = Factor([3, 2, 1, 1], levels=[3, 2, 1])
    assert model_matrix({"area": other}, ALL).names == ("(Intercept)", "area2", "area1")


def test_what_is_no_column_is_refused():
    with pytest.raises(DesignError, match="text and numbers are mixed"):
        categories(np.array(["a", 1, "b", 2], dtype=object))
    with pytest.raises(DesignError, match="column x: numbers or text expected"):
        model_matrix({"x": np.array([1, (2,), 3, 4], dtype=object)}, ALL)
    with pytest.raises(ShapeError, match="column x: 4 values expected"):
        model_matrix({"x": [1, 2]}, ALL)
    with pytest.raises(DesignError, match="infinite"):
        model_matrix({"x": [1, 2, np.inf, 3]}, ALL)
    with pytest.raises(EmptyDomainError):
        model_matrix({"x": [np.nan] * 4}, ALL)
    with pytest.raises(ShapeError, match="2 names of columns expected, found 1"):
        given_matrix(np.ones((4, 2)), ["x"], ALL)
    with pytest.raises(ShapeError, match="a matrix of 4 rows expected"):
        given_matrix(np.ones((3, 2)), None, ALL)


def test_fewer_rows_than_columns_name_the_column_that_is_too_many():
    with pytest.raises(CollinearError, match="column c "):
        check_rank(np.array([[1.0, 2.0, 5.0], [3.0, 1.0, 4.0]]), ["a", "b", "c"])
