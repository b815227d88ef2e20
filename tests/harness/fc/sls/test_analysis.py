"""The SQL behind the |: over the lines that were found, and able to do nothing else."""

from __future__ import annotations

import json

import pytest

from harness.fc.sls import Line, SlsError, read_index
from harness.fc.sls.query import analysis
from harness.fc.sls.query.search import Log
from tests.harness.fc.sls.asking import INDEX

MESSAGES = [
    {"level": "INFO", "video": "oss://a/1", "task_id": 400_010, "seconds": 0.5},
    {"level": "INFO", "video": "oss://a/2", "task_id": 400_011, "seconds": 1.5},
    {"level": "ERROR", "video": "oss://a/3", "retryable": True},
]


def rows(sql: str, count: int = 1) -> list[dict[str, str]]:
    logs = [
        Log(Line(at, {"message": json.dumps(message), "functionName": "f"}, "t"))
        for at, message in enumerate(MESSAGES * count)
    ]
    return analysis.analyse(sql, [*logs, Log(Line(9, {"message": "no JSON"}))], read_index(INDEX))[1]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select count(*) as cnt", [{"cnt": "4"}]),
        ("SELECT count(*) AS cnt FROM log", [{"cnt": "4"}]),
        ('select "message.video" as video limit 1', [{"video": "oss://a/1"}]),
        ('select "message.video" order by __time__ desc limit 1, 1', [{"message.video": "oss://a/3"}]),
        ('select "message.video" as v where "message.level" = \'ERROR\'', [{"v": "oss://a/3"}]),
        (
            'select "message.level" as l, count(*) as n group by "message.level" having n > 1 order by l',
            [{"l": "INFO", "n": "2"}],
        ),
        (
            'select "message.retryable" as r where "message.task_id" is null limit 2',
            [{"r": "true"}, {"r": "null"}],
        ),
        ('select max("message.task_id") + 1 as t, avg("message.seconds") as s', [{"t": "400012", "s": "1.0"}]),
        ("select count_if(\"message.level\" = 'INFO') as n", [{"n": "2"}]),
        ("select functionName as f, __topic__ as t limit 1", [{"f": "f", "t": "t"}]),
        (
            'select upper("l") as u from (select "message.level" as l from log) where l is not null limit 1',
            [{"u": "INFO"}],
        ),
        ("with x as (select __time__ as t from log) select sum(t) as s from x", [{"s": "12"}]),
        ("select 'from' as \"where\" limit 1", [{"where": "from"}]),
    ],
)
def test_what_it_answers(sql: str, expected: list[dict[str, str]]) -> None:
    assert rows(sql) == expected


def test_of_no_lines_a_count_is_zero_and_a_sum_is_null() -> None:
    sql = """select count(*) as a, count_if("message.level" in ('INFO', 'ERROR')) + 1 as b,
        coalesce(sum("message.task_id"), 0) as c, sum("message.seconds") as d"""
    assert analysis.analyse(sql, [], read_index(INDEX))[1] == [{"a": "0", "b": "1", "c": "0", "d": "null"}]


def test_without_a_limit_there_are_a_hundred_rows() -> None:
    assert (len(rows("select __time__", 50)), len(rows("select __time__ limit 120", 50))) == (100, 120)


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("delete from log", "must begin with SELECT"),
        ("select 1; drop table log", "; is not permitted"),
        ("select 1 -- more", "-- is not permitted"),
        ('select "message.nothing"', r"Column 'message.nothing' cannot be resolved"),
        ('select "message.a.b"', r"Column 'message.a.b' cannot be resolved"),  # it has no doc_value
        ("select unknown", "no such column: unknown"),
        ("select message.video", "no such column: message.video"),
        ("select approx_distinct(functionName)", "no such function"),
        ("select sqlite_version()", "only SELECT over log"),
        ("select load_extension('x')", "only SELECT over log"),
        ("select * from sqlite_master", "only SELECT over log"),
        ("select * from other", "no such table"),
        ("with x as (select 1) delete from log", "only SELECT over log"),
        ("select count(", "syntax error|incomplete"),
    ],
)
def test_what_it_refuses(sql: str, says: str) -> None:
    with pytest.raises(SlsError, match=says) as caught:
        rows(sql)
    assert caught.value.code == "ParameterInvalid"


def test_a_query_that_does_not_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analysis, "_SECONDS", 0.1)
    endless = "with recursive x(n) as (select 1 union all select n + 1 from x) select count(*) from x"
    with pytest.raises(SlsError, match=r"longer than 0.1 seconds|only SELECT"):
        rows(endless)
    with pytest.raises(SlsError, match=r"longer than 0.1 seconds"):
        rows("select count(*) from log a, log b, log c, log d, log e, log f", 10)


def test_a_long_text_is_cut_as_the_index_says() -> None:
    log = Log(Line(0, {"functionName": "é" * 3000}))
    text = "select length(functionName) as n"
    assert analysis.analyse(text, [log], read_index(INDEX))[1] == [{"n": "1024"}]  # of 2,048 bytes
    assert analysis.analyse(text, [log], read_index({**INDEX, "max_text_len": 64}))[1] == [{"n": "32"}]
