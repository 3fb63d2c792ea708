"""A file of answers comes in whole or not at all, and every fault is named with its row and column."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from tests.world import ITEMS, World, answered, build, opened, post, refused, run

Write = Callable[[str], str]


@pytest.fixture
def world(app: Flask, tmp_path: Path) -> World:
    return build(app, tmp_path)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def file(content: str | bytes, name: str = "answers.csv") -> str:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return file


def take_in(world: World, path: str) -> str:
    return run(world.runner, "responses", "import", "--wave", "W1", path)


def test_columns_not_given_and_empty_cells_are_skipped_answers(world: World, write: Write):
    take_in(world, write("unit,q1,q22\nX1,5,\nX2,-,1\n"))
    assert sorted(world.rows("select answers from response")) == [
        ("-" + "0" * 20 + "1" + "0" * 5,), ("5" + "0" * 26,)
    ]


def test_imported_answers_are_of_the_drawn_sample_unless_they_say_otherwise(world: World, write: Write):
    take_in(world, write("unit,basis,mode,q1\nX1,,,5\nX1,open,paper,4\n"))
    rows = world.rows("select c.basis, r.mode from response r join cell c on c.id = r.cell order by c.basis")
    assert rows == [(1, 7), (4, 3)]


def test_a_given_weight_stays_with_its_own_row(world: World, write: Write):
    take_in(world, write("unit,stratum,psu,weight,q1\nX1,A,p1,2.5,5\nX1,A,p1,2.5,4\nX1,A,p2,1,5\nX1,A,p2,,5\n"))
    assert sorted(world.rows("select weight from response where weight is not null")) == [(1.0,), (2.5,), (2.5,)]
    assert world.rows("select count(*) from response where weight is null") == [(1,)]


def test_imported_weights_do_not_reach_what_citizens_send_into_the_same_cell(world: World, write: Write):
    take_in(world, write("unit,basis,weight,q1\nX1,open,50,5\nX1,open,50,5\n"))
    assert post(world, answered(opened(world), "1")).status_code == 201
    records = json.loads(run(world.runner, "scores", "export", "--wave", "W1", "--format", "json", "--out", "-"))
    wanted = ("X1", "item:q1", "monitoring")
    (found,) = [one for one in records if (one["unit"], one["measure"], one["series"]) == wanted]
    assert found["estimate"] == pytest.approx(100 / 101)


def test_the_same_file_cannot_come_in_twice(world: World, write: Write):
    path = write("unit,q1\nX1,5\nX2,4\n")
    take_in(world, path)
    said = refused(world.runner, "responses", "import", "--wave", "W1", path)
    assert "đã được nhập" in said
    assert world.count() == 2


def test_ids_of_imported_rows_follow_no_order(world: World, write: Write):
    take_in(world, write("unit,q1,q2\n" + "".join(f"X1,{1 + i % 5},{1 + i // 5 % 5}\n" for i in range(25))))
    stored = [str(answers)[:2] for answers, in world.rows("select answers from response order by id")]
    assert stored != [f"{1 + i % 5}{1 + i // 5 % 5}" for i in range(25)]


FAULTS = [
    ("unit,q1,q99\nX1,5,5\n", ["dòng 1", "cột q99"]),
    ("unit,q1,ssu\nX1,5,5\n", ["cột ssu"]),
    ("q1\n5\n", ["cột unit"]),
    ("unit,q1,q1\nX1,5,5\n", ["cột q1"]),
    ("unit,q1\nX1,5\nZZ,5\n", ["dòng 3", "cột unit", "ZZ"]),
    ("unit,q1\nX9,5\n", ["dòng 2", "cột unit", "X9"]),
    ("unit,q1\n,5\n", ["dòng 2", "cột unit"]),
    ("unit,q1\nX1,6\n", ["dòng 2", "cột q1", "6"]),
    ("unit,q1\nX1,4.0\n", ["dòng 2", "cột q1", "4.0"]),
    ("unit,q1\nX1,5,5\n", ["dòng 2"]),
    ("unit,weight,q1\nX1,-1,5\n", ["dòng 2", "cột weight", "-1"]),
    ("unit,weight,q1\nX1,nan,5\n", ["dòng 2", "cột weight"]),
    ("unit,weight,q1\nX1,1_000,5\n", ["dòng 2", "cột weight"]),
    ("unit,day,q1\nX1,20260101,5\n", ["dòng 2", "cột day"]),
    ("unit,fpc,q1\nX1,0.5,5\n", ["dòng 2", "cột fpc"]),
    ("unit,fpc,psu,q1\nX1,1,a,5\nX1,1,b,5\n", ["dòng 2", "cột fpc"]),
    ("unit,stratum,fpc,psu,q1\nX1,A,9,a,5\nX1,A,8,b,5\n", ["dòng 2", "cột fpc", "8, 9"]),
    ("unit,basis,q1\nX1,friends,5\n", ["dòng 2", "cột basis", "friends"]),
    ("unit,mode,q1\nX1,pigeon,5\n", ["dòng 2", "cột mode", "pigeon"]),
    ("unit,day,q1\nX1,31/12/2025,5\n", ["dòng 2", "cột day"]),
    ("unit,day,q1\nX1,2999-01-01,5\n", ["dòng 2", "cột day"]),
    ("unit,handled_by,q1\nX1,nobody,5\n", ["dòng 2", "cột handled_by"]),
    ("unit,stratum,q1\nX1," + "s" * 65 + ",5\n", ["dòng 2", "cột stratum"]),
    ('unit,q1\nX1,"5\n', ["dòng"]),
    ("", []),
    ("unit,q1\n", []),
    (b"unit,q1\nX1,\xff\n", ["dòng 2"]),
    (b"unit,q1\nX1,5\0\n", ["dòng 2"]),
    ("unit,q1,comment\nX1,5," + "a" * 3000 + "\n", ["dòng 2", "cột comment"]),
]


@pytest.mark.parametrize("content, named", FAULTS)
def test_a_faulty_file_names_row_and_column_and_stores_nothing(
    world: World, write: Write, content: str, named: list[str]
):
    said = refused(world.runner, "responses", "import", "--wave", "W1", write(content))
    for word in named:
        assert word in said
    assert "Error:" in said
    assert world.count() == world.count("comment") == 0
    assert world.rows("select count(*) from cell") == [(1,)], "only the point's own cell"


def test_every_fault_is_told_at_once(world: World, write: Write):
    said = refused(world.runner, "responses", "import", "--wave", "W1", write("unit,q1,q2\nX1,7,5\nZZ,5,8\n"))
    assert all(place in said for place in ("dòng 2, cột q1", "dòng 3, cột unit", "dòng 3, cột q2"))


def test_the_fpc_of_a_stratum_counts_what_came_in_before(world: World, write: Write):
    take_in(world, write("unit,fpc,q1\nX1,3,5\nX1,3,4\n"))
    refused(world.runner, "responses", "import", "--wave", "W1", write("unit,fpc,q1\nX1,3,5\nX1,3,4\n\n", "b.csv"))
    take_in(world, write("unit,fpc,q1\nX1,3,3\n", "c.csv"))
    assert world.count() == 3


def test_only_an_open_wave_takes_a_file_in(world: World, write: Write):
    run(world.runner, "waves", "close", "W1")
    assert "W1" in refused(world.runner, "responses", "import", "--wave", "W1", write("unit,q1\nX1,5\n"))
    assert "W0" in refused(world.runner, "responses", "import", "--wave", "W0", write("unit,q1\nX1,5\n"))
    assert "Không đọc được" in refused(world.runner, "responses", "import", "--wave", "W1", "/nowhere/at/all.csv")


def test_twenty_thousand_rows_come_in_at_once(world: World, write: Write):
    header = "unit,stratum,psu," + ",".join(ITEMS)
    rows = [
        f"X{1 + i % 2},S{i % 2},p{i % 200}," + ",".join("12345"[(i + j) % 5] for j in range(22)) for i in range(20_000)
    ]
    take_in(world, write("\n".join([header, *rows])))
    assert world.count() == 20_000
