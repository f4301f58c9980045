"""What the API knows of conductors: read by one thread at a time, while the others go on with what is known."""

import pathlib
import threading
from typing import Any

from baremetal import clock, config
from baremetal.api import members
from baremetal.db import conductors, engine, models


def test_one_thread_reads_and_nobody_waits_for_it(tmp_path: pathlib.Path) -> None:
    conf, time = config.build(state_path=str(tmp_path)), clock.MovedClock()
    database = engine.Database(conf)
    models.METADATA.create_all(database.writer)
    with database.write() as connection:
        conductors.register(connection, time.now(), "one", "", {"fake-hardware": ({}, {})})
    known = members.Members(conf, database, time)
    assert known.rings().host("x", "fake-hardware", "") == "one"
    time.move(conf.hash_ring_reset_interval + 1)
    reached, go_on, reads, read = threading.Event(), threading.Event(), [], known._read

    def slowly() -> Any:
        reads.append(1)
        reached.set()
        assert go_on.wait(60)
        read()
    known._read = slowly  # type: ignore[method-assign]
    reader = threading.Thread(target=known.rings)
    reader.start()
    assert reached.wait(60)
    assert known.rings().host("x", "fake-hardware", "") == "one", "it did not wait"
    go_on.set()
    reader.join(60)
    known.rings()
    assert len(reads) == 1
    database.close()
