"""The two ways to the database: ``read()`` and ``write()``.

Writing goes through oslo.db's engine facade. Reading has an engine of its own in autocommit mode, since a
SELECT that begins and rolls back a transaction asks the server three times instead of once.
On SQLite, writers of this process queue up for one lock and begin at once as writers, so that
'database is locked' cannot come from ourselves; other processes are waited for.
"""

import collections.abc
import contextlib
import functools
import logging
import os
import threading
import typing

import sqlalchemy
import sqlalchemy.exc
from oslo_config import cfg
from oslo_db import exception
from oslo_db.sqlalchemy import enginefacade, exc_filters
from sqlalchemy import event, pool

LOG = logging.getLogger(__name__)

#: what says that the server is away, or that all connections to it are in use: later it may answer. oslo.db passes some
#: on as they are: a PostgreSQL server that refuses connections, a locked file, a full disk
AWAY = (exception.DBConnectionError, exception.DBDeadlock, sqlalchemy.exc.OperationalError, sqlalchemy.exc.TimeoutError)
#: all that a database may have against a statement
TROUBLE = (exception.DBError, *AWAY)

#: seconds for which an answer of the server is waited for: one whose machine has vanished says nothing, and without a
#: bound all threads would wait for it until TCP gives up, a quarter of an hour later
PATIENCE = 30
#: driver: arguments of its connect, in which parts of a second
BOUNDS = {"pymysql": {"read_timeout": 1, "write_timeout": 1},
          "psycopg2": {"connect_timeout": 1, "tcp_user_timeout": 1000}}

#: milliseconds for which SQLite waits for writers of other processes
SQLITE_BUSY = 30_000

#: seconds after which a server ends a transaction whose process says nothing more: one that was suspended, or whose
#: machine is gone without a word, would keep its rows locked and so keep others from taking its nodes over
IDLE = 5

PRAGMAS = ("journal_mode=WAL", f"busy_timeout={SQLITE_BUSY}", "synchronous=FULL", "foreign_keys=ON")


class Database:
    """The database of one process; threads share it.

    ``patience`` is for how many seconds a server is waited for, None is for ever; changing the schema takes its time.
    """

    def __init__(self, conf: cfg.ConfigOpts, *, patience: int | None = PATIENCE) -> None:
        self.url = sqlalchemy.make_url(conf.database.connection)
        self.dialect = self.url.get_backend_name()
        self._turn: contextlib.AbstractContextManager[object] = contextlib.nullcontext()
        if self.dialect == "sqlite":
            self._turn = threading.RLock()
            if self.url.database:
                os.makedirs(os.path.dirname(os.path.abspath(self.url.database)), mode=0o700, exist_ok=True)
        if self.dialect == "sqlite":
            self.writer = self.reader = _sqlite(self.url)
        else:
            self.writer = _facade(conf).writer.get_engine()
            self.reader = _reading(self.url, conf)
        if patience is not None:
            for engine in {self.writer, self.reader}:
                event.listen(engine, "do_connect", functools.partial(_bound, self.url.get_driver_name(), patience))
        if self.url.get_driver_name() == "pymysql":
            for engine in (self.writer, self.reader):
                event.listen(engine, "do_connect", _connect_quickly)
        if self.dialect in IDLE_ENDS:
            event.listen(self.writer, "connect", IDLE_ENDS[self.dialect])
        if self.writer is not self.reader:
            # whoever closes a connection has ended its transaction; one more ROLLBACK each time asks the server in vain
            self.writer.pool._reset_on_return = pool.reset_none
            self.writer.dispose()       # oslo.db has tried it with a connection of the other kind
        for engine in (self.writer, self.reader):
            # what is written may be a secret; errors and logs show statements without values
            engine.hide_parameters = True

    @contextlib.contextmanager
    def read(self) -> collections.abc.Iterator[sqlalchemy.Connection]:
        """Yield a connection that sees what is committed; it must not write."""
        with self.reader.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def write(self) -> collections.abc.Iterator[sqlalchemy.Connection]:
        """Yield a connection in a transaction that commits at the end, or rolls back when the block raises."""
        with self._turn, self.writer.connect() as connection:
            if self.dialect == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                yield connection
                # a COMMIT that fails leaves a transaction that only a ROLLBACK ends
                self._end(connection, "COMMIT")
            except BaseException:
                self._roll_back(connection)
                raise

    def _roll_back(self, connection: sqlalchemy.Connection) -> None:
        """Roll back; a connection that cannot do that is not used again. What went wrong before is what is told."""
        try:
            self._end(connection, "ROLLBACK")
        except (sqlalchemy.exc.SQLAlchemyError, exception.DBError) as error:
            LOG.warning("A transaction could not be rolled back (%s); its connection is closed", type(error).__name__)
            connection.invalidate()

    def _end(self, connection: sqlalchemy.Connection, how: str) -> None:
        """Commit or roll back; on SQLite we began by hand and end by hand."""
        if self.dialect == "sqlite":
            connection.exec_driver_sql(how)
        elif how == "COMMIT":
            connection.commit()
        else:
            connection.rollback()

    def close(self) -> None:
        """Give back all connections."""
        self.writer.dispose()
        self.reader.dispose()


def _facade(conf: cfg.ConfigOpts) -> typing.Any:
    """Make oslo.db's facade for a database server."""
    facade = enginefacade.transaction_context()
    facade.configure(connection=conf.database.connection, max_pool_size=conf.database.max_pool_size,
                     max_overflow=conf.database.max_overflow, pool_timeout=conf.database.pool_timeout,
                     connection_recycle_time=conf.database.connection_recycle_time,
                     mysql_sql_mode="TRADITIONAL", thread_checkin=False)
    return facade


def _reading(url: sqlalchemy.URL, conf: cfg.ConfigOpts) -> sqlalchemy.Engine:
    """Make the engine that only selects, on a database server."""
    args = {"connect_args": {"charset": "utf8mb4"}} if url.get_backend_name() == "mysql" else {}
    engine = sqlalchemy.create_engine(
        url, isolation_level="AUTOCOMMIT", skip_autocommit_rollback=True,
        pool_size=conf.database.max_pool_size, max_overflow=conf.database.max_overflow, pool_use_lifo=True,
        pool_recycle=conf.database.connection_recycle_time, **args)
    _filter(engine)
    return engine


def _filter(engine: sqlalchemy.Engine) -> None:
    """Let errors be oslo.db's. Its own registering listens to rollbacks, too, for the sake of savepoints, which we do
    not have; with such a listener each statement and each connection look for others in eight places.
    """
    event.listen(engine, "handle_error", exc_filters.handler, retval=True)


def _bound(driver: str, seconds: int, _dialect: object, _record: object, _arguments: object,
           named: dict[str, typing.Any]) -> None:
    """Let a new connection give up on a server that is silent, unless the URL says otherwise."""
    for name, unit in BOUNDS.get(driver, {}).items():
        named.setdefault(name, seconds * unit)


def _connect_quickly(_dialect: object, _record: object, arguments: typing.Any, named: typing.Any) -> typing.Any:
    """Make a connection to MariaDB that reads results in our way."""
    from baremetal.db import mysql  # its driver is there only where it is used
    return mysql.Connection(*arguments, **named)


def _end_idle_postgresql(connection: typing.Any, _record: object) -> None:
    """Let PostgreSQL end transactions that idle."""
    cursor = connection.cursor()
    cursor.execute(f"SET idle_in_transaction_session_timeout = '{IDLE}s'")
    cursor.close()
    connection.commit()


def _end_idle_mariadb(connection: typing.Any, _record: object) -> None:
    """Let MariaDB end transactions that idle; MySQL cannot."""
    if "MariaDB" in connection.get_server_info():
        cursor = connection.cursor()
        cursor.execute(f"SET SESSION idle_transaction_timeout = {IDLE}")
        cursor.close()


#: dialect: what is said to a new connection that writes
IDLE_ENDS = {"postgresql": _end_idle_postgresql, "mysql": _end_idle_mariadb}


def _sqlite(url: sqlalchemy.URL) -> sqlalchemy.Engine:
    """Make the one engine of SQLite. Not the facade's: that opens the file for each use, at four times the cost.

    The connection that was used last is used first: it knows the statements, and what others have not changed since.
    """
    engine = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT", skip_autocommit_rollback=True,
                                      poolclass=pool.QueuePool, pool_size=20, max_overflow=100, pool_use_lifo=True)
    event.listen(engine, "connect", _prepare_sqlite)
    _filter(engine)
    return engine


def _prepare_sqlite(connection: object, _record: object) -> None:
    """Set what SQLite keeps per connection."""
    cursor = connection.cursor()  # type: ignore[attr-defined]
    for pragma in PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
