"""A broker that neither answers nor goes: a conductor ends all the same."""

import pathlib
import signal
import time
from typing import Any

from baremetal import config
from baremetal.rpc import server, wire


def test_the_end_of_rpc_is_not_waited_for(rabbitmq: Any, tmp_path: pathlib.Path) -> None:
    conf = config.build(state_path=str(tmp_path), transport_url=rabbitmq.transport_url("hung"))
    listening = server.Server(conf, wire.transport(conf), "one", {})
    listening.start()
    time.sleep(1)
    rabbitmq.process.send(signal.SIGSTOP)
    try:
        begin = time.monotonic()
        listening.stop()
        # the broker's own time-outs are a minute and more
        assert time.monotonic() - begin < server.PATIENCE + 20
    finally:
        rabbitmq.process.send(signal.SIGCONT)
