"""Our reading of MariaDB's answers gives what PyMySQL's own gives, whatever the answer is."""

import pymysql
import pytest

from baremetal.db import mysql

TABLE = """CREATE TABLE odd (id INT PRIMARY KEY, small TINYINT, big BIGINT UNSIGNED, part DOUBLE, exact DECIMAL(20,5),
    text LONGTEXT, bytes LONGBLOB, moment DATETIME(6), second DATETIME, day DATE, time TIME(3), flags BIT(9),
    kind ENUM('a', 'b'), document JSON) CHARACTER SET utf8mb4"""
ROWS = (
    (1, *[None] * 13),
    (2, -128, 2 ** 64 - 1, 1e-300, "12345.67891", "", b"", "2026-11-21 01:02:03.000004", "2026-11-21 01:02:03",
     "2026-11-21", "-12:13:14.567", b"\x01\x02", "b", '{"a": [1, "ü"]}'),
    (3, 0, 0, -0.5, "-0.1", "naïve 漢字 🐘" * 20, bytes(range(256)), "9999-12-31 23:59:59.999999",
     "1000-01-01 00:00:00", "1000-01-01", "838:59:59", b"\x00", "a", "[]"),
    (4, 1, 1, 0, "0", "x" * 70_000, b"\xff" * 70_000, None, None, None, None, None, None, None),
)
# fmt: off
QUERIES = (
    "SELECT * FROM odd ORDER BY id",
    "SELECT * FROM odd WHERE id = 0",
    "SELECT COUNT(*), SUM(part), MAX(moment) FROM odd",
    "SELECT CAST('0000-00-00 00:00:00' AS DATETIME), DATE('2026-01-01'), 1 = 1, NULL, '', x'00ff'",
    "SELECT REPEAT('y', 250), REPEAT('y', 251), REPEAT('y', 252), REPEAT('z', 65536), 7",
    "SELECT REPEAT('y', 17000000), 7",      # longer than one packet
    "SHOW VARIABLES LIKE 'version'",
    "UPDATE odd SET small = 5 WHERE id = 1",
)
WRONG = (
    "SELECT nothing FROM odd",
    "SELECT id, (SELECT id FROM odd) FROM odd",
    "SELECT",
)
# fmt: on


@pytest.fixture(scope="module")
def both(mariadb):
    """Two connections to one database: PyMySQL's own and ours."""
    mariadb.database("reading")
    named = {"host": "127.0.0.1", "port": mariadb.port, "user": "baremetal", "password": mariadb.password,
             "database": "reading", "charset": "utf8mb4", "autocommit": True, "max_allowed_packet": 2 ** 26}
    with mariadb.connect() as server, server.cursor() as cursor:
        cursor.execute("SET GLOBAL max_allowed_packet = 67108864")
    plain, quick = pymysql.connect(**named), mysql.Connection(**named)
    with plain.cursor() as cursor:
        cursor.execute(TABLE)
        cursor.executemany("INSERT INTO odd VALUES (" + ", ".join(["%s"] * 14) + ")", ROWS)
    yield plain, quick
    plain.close()
    quick.close()


def _answer(connection, query):
    with connection.cursor() as cursor:
        affected = cursor.execute(query)
        return affected, cursor.description, cursor.fetchall(), cursor.rowcount


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query[:40])
def test_the_answer_is_the_same(both, query):
    plain, quick = both
    first = _answer(plain, query)
    if not query.startswith("UPDATE"):
        assert _answer(quick, query) == first
        assert _answer(quick, query) == first, "with the description remembered"


@pytest.mark.parametrize("query", WRONG)
def test_what_is_wrong_is_said_alike_and_the_connection_goes_on(both, query):
    plain, quick = both
    with pytest.raises(pymysql.MySQLError) as one:
        _answer(plain, query)
    with pytest.raises(type(one.value)) as other:
        _answer(quick, query)
    assert other.value.args == one.value.args
    assert _answer(quick, "SELECT 1")[2] == ((1,),)


def test_types_are_the_same(both):
    plain, quick = both
    query = "SELECT * FROM odd ORDER BY id"
    types = [[[type(value) for value in row] for row in _answer(connection, query)[2]] for connection in (plain, quick)]
    assert types[0] == types[1]


def test_a_connection_that_is_cut_says_so(both, mariadb):
    plain, _ = both
    cut = mysql.Connection(host="127.0.0.1", port=mariadb.port, user="baremetal", password=mariadb.password)
    with plain.cursor() as cursor:
        cursor.execute(f"KILL {cut.thread_id()}")
    with pytest.raises(pymysql.OperationalError):
        _answer(cut, "SELECT 1")


def test_a_changed_table_is_seen(both):
    plain, quick = both
    for definition in ("INT", "VARCHAR(9)"):
        with plain.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS changing")
            cursor.execute(f"CREATE TABLE changing (value {definition})")
            cursor.execute("INSERT INTO changing VALUES ('12')")
        assert _answer(quick, "SELECT * FROM changing") == _answer(plain, "SELECT * FROM changing")
