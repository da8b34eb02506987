"""Queries whose SQL is written once."""

import pytest

from ec_builds.store.build import Build
from ec_builds.store.database import database
from ec_builds.store.prepared import Prepared, find


def test_blanks_are_filled_in_by_their_order_and_not_by_where_the_sql_has_them(make_run):
    make_run(comment="a", size=1)
    make_run(comment="b", size=2)
    query = Prepared(
        lambda size, comment: Build.select(Build.id, Build.comment).where(
            Build.comment == comment, Build.size > size
        )
    )

    assert query.tuples(0, "a") == [(1, "a")]
    assert query.tuples(1, "b") == [(2, "b")]
    assert query.tuples(2, "b") == []


def test_rows_are_those_that_the_query_itself_would_find(make_run):
    made = make_run(creator={"email": "a@b"}, comment="ü 'quoted' ?")

    (found,) = Prepared(lambda row_id: Build.select().where(Build.id == row_id)).rows(
        Build, made.id
    )

    assert found.__data__ == Build.get_by_id(made.id).__data__
    assert found.creator == {"email": "a@b"}
    assert not found.is_dirty()


def test_a_change_says_how_many_rows_it_has_changed(make_run):
    for size in (1, 2, 3):
        make_run(size=size)
    grow = Prepared(lambda by, least: Build.update(size=Build.size + by).where(Build.size >= least))

    assert grow.change(10, 2) == 2
    assert [build.size for build in Build.select().order_by(Build.id)] == [1, 12, 13]


def test_a_value_that_is_part_of_the_query_stays(make_run):
    make_run(size=5)
    query = Prepared(lambda size: Build.select(Build.size).where(Build.size.in_([size, 5])))

    assert query.tuples(7) == [(5,)]


def test_too_few_values_are_no_query(tables):
    with pytest.raises(ValueError):
        Prepared(lambda one, other: Build.select().where(Build.id.in_([one, other]))).tuples(1)


def test_the_sql_is_written_once_for_each_kind_of_database(make_run):
    written = []

    def make(row_id):
        written.append(database.obj.dialect)
        return Build.select(Build.id).where(Build.id == row_id)

    query = Prepared(make)
    for build in (make_run(), make_run()):
        assert query.tuples(build.id) == [(build.id,)]

    assert written == [database.obj.dialect]


def test_what_is_not_there_is_not_found(tables):
    assert find(Build, 7) is None
