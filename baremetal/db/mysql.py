"""PyMySQL, reading results faster: rows in one loop, descriptions of columns parsed once and remembered.

PyMySQL is plain Python and makes six calls for each value and twenty for each column of a result, the same ones every
time. Reading a node of 65 columns cost more than everything else together. Only what reads a result of rows is
replaced; connecting, sending, errors and the rest are PyMySQL's. tests/db/test_mysql.py holds both against each other.
"""

import collections.abc
import datetime
import functools
import typing

from pymysql import connections, converters, err, protocol

NULL, TWO, THREE, EIGHT = 251, 252, 253, 254
#: bytes of the length that follows such a first byte
WIDTH = {TWO: 2, THREE: 3, EIGHT: 8}
#: first bytes of packets
EOF, ERROR = 0xFE, 0xFF
#: a packet of this size goes on in the next one
LONGEST = 0xFFFFFF
#: different descriptions of the same number of columns that are kept
MOST_BLOCKS = 16

Read = collections.abc.Callable[[bytes], typing.Any]


class Shape(typing.NamedTuple):
    """What the columns of a result are."""

    fields: list[typing.Any]
    converters: list[typing.Any]
    description: tuple[typing.Any, ...]
    reads: list[Read]


#: (encoding, number of columns): the last descriptions as they came, and what they mean. Clients choose the fields and
#: thereby the SQL, so it is bounded
_BLOCKS: dict[tuple[str, int], list[tuple[bytes, Shape]]] = {}


class Connection(connections.Connection):
    """A connection that reads the results of queries in our way."""

    def _read_query_result(self, unbuffered: bool = False) -> typing.Any:  # noqa: FBT001, FBT002 (as it is called)
        if unbuffered:
            return connections.Connection._read_query_result(self, unbuffered)  # type: ignore[attr-defined]
        self._result = None
        result = Result(self)
        result.read()
        self._result = result
        if result.server_status is not None:
            self.server_status = result.server_status
        return result.affected_rows


class Result(connections.MySQLResult):
    """The result of a query, read at once."""

    connection: typing.Any

    def _get_descriptions(self) -> None:
        """Read a packet for each column, or pass over them when they are the same that were seen before."""
        connection = self.connection
        kept = _BLOCKS.setdefault((connection.encoding, self.field_count), [])
        shape = _recognize(connection, self.field_count, kept)
        if shape is None:
            first, packets = connection._next_seq_id, [_packet(connection) for _ in range(self.field_count)]
            shape = _shape(connection, packets)
            if len(kept) >= MOST_BLOCKS:
                kept.pop(0)
            kept.append((_block(first, packets), shape))
        self.fields, self.converters, self.description, self._reads = shape
        if _packet(connection)[0] != EOF:
            raise err.InternalError("the end of the columns is not where it should be")

    def _read_rowdata_packet(self) -> None:
        """Read a packet for each row up to the end."""
        connection, reads, rows = self.connection, self._reads, []
        while True:
            packet = _packet(connection)
            if packet[0] == EOF and len(packet) < 9:
                break
            rows.append(_row(packet, reads))
        ended: typing.Any = super()
        ended._check_packet_is_eof(protocol.MysqlPacket(packet, connection.encoding))
        self.connection = None      # no cycle of references
        self.affected_rows = len(rows)
        self.rows = tuple(rows)


def _recognize(connection: typing.Any, columns: int, kept: list[tuple[bytes, Shape]]) -> Shape | None:
    """Pass over the descriptions that arrive next and return what they say, when they are among those kept."""
    try:
        arrived = connection._rfile.peek()
    except OSError as error:
        raise _lost(connection, str(error)) from error
    for block, shape in kept:
        if arrived.startswith(block):
            connection._rfile.read(len(block))
            connection._next_seq_id = (connection._next_seq_id + columns) & 0xFF
            return shape
    return None


def _block(first: int, packets: list[bytes]) -> bytes:
    """Return packets as they came, the first one with the sequence number ``first``."""
    return b"".join(len(packet).to_bytes(3, "little") + bytes([(first + number) & 0xFF]) + packet
                    for number, packet in enumerate(packets))


def _packet(connection: typing.Any) -> bytes:
    """Return the next packet; raises what the server says instead, and PyMySQL's error when there is no more."""
    read, whole = connection._rfile.read, b""
    while True:
        try:
            head = read(4)
            size = head[0] | head[1] << 8 | head[2] << 16
            data: bytes = read(size)
            complete = len(data) == size and head[3] == connection._next_seq_id
        except (OSError, IndexError) as error:
            raise _lost(connection, str(error)) from error
        except BaseException:       # interrupted in the middle of an answer: nobody can read on
            connection._force_close()
            raise
        if not complete:
            raise _lost(connection, f"packet {head[3]} of {size} bytes has {len(data)}")
        connection._next_seq_id = (head[3] + 1) & 0xFF
        if whole or size == LONGEST:
            whole += data
            if size == LONGEST:
                continue
            data = whole
        if data[0] == ERROR:
            err.raise_mysql_exception(data)
        return data


def _lost(connection: typing.Any, why: str) -> err.OperationalError:
    connection._force_close()
    return err.OperationalError(2013, f"Lost connection to MySQL server during query ({why})")


def _row(data: bytes, reads: list[Read]) -> tuple[typing.Any, ...]:
    """Return the values of a row."""
    row: list[typing.Any] = []
    add, at = row.append, 0
    try:
        for read in reads:
            size = data[at]
            at += 1
            if size == NULL:
                add(None)
                continue
            if size > NULL:
                width = WIDTH[size]
                size = int.from_bytes(data[at:at + width], "little")
                at += width
            end = at + size
            add(read(data[at:end]))
            at = end
    except IndexError:      # a few statements of the server answer with fewer values than columns
        pass
    return tuple(row)


def _shape(connection: typing.Any, packets: list[bytes]) -> Shape:
    """Return what the descriptions of columns say, by PyMySQL's own parsing."""
    class Replay:
        """Hands out packets that were read already."""

        use_unicode, encoding, decoders = connection.use_unicode, connection.encoding, connection.decoders
        _left = iter(packets)

        def _read_packet(self, kind: typing.Any = protocol.MysqlPacket) -> typing.Any:
            return kind(next(self._left, bytes((EOF, 0, 0, 0, 0))), self.encoding)

    replay: typing.Any = Replay()
    result: typing.Any = connections.MySQLResult(replay)
    result.field_count = len(packets)
    result._get_descriptions()
    return Shape(result.fields, result.converters, result.description,
                 [_reading(encoding, convert) for encoding, convert in result.converters])


def _reading(encoding: str | None, convert: Read | None) -> Read:
    """Return the quickest function that does what PyMySQL does with the bytes of a value."""
    if encoding is not None and convert in QUICK:
        return QUICK[convert]
    if convert is None:
        return bytes if encoding is None else TEXT.get(encoding) or functools.partial(str, encoding=encoding)
    if encoding is None:
        return convert
    return functools.partial(_converted, encoding, convert)


def _converted(encoding: str, convert: Read, data: bytes) -> typing.Any:
    return convert(data.decode(encoding))  # type: ignore[arg-type]


def _moment(data: bytes) -> typing.Any:
    """Return a point in time; what is none (0000-00-00) is left to PyMySQL."""
    text = data.decode("ascii")
    try:
        return datetime.datetime.fromisoformat(text)
    except ValueError:
        return converters.convert_datetime(text)


#: PyMySQL's conversion: ours, which takes bytes
QUICK: dict[typing.Any, Read] = {int: int, float: float, converters.convert_datetime: _moment}
#: encoding: how bytes become text at once
TEXT: dict[str, Read] = {"utf8": bytes.decode, "utf-8": bytes.decode}
