"""Commands arrive once, answers are believed only from the right agent, and nothing shows the token."""

import socket
import ssl
import time
import typing
from collections.abc import Callable, Iterator

import pytest

from baremetal import errors
from baremetal.clients import agent
from baremetal.clients.agent import certificates
from tests.unit.clients.agent import server


@pytest.fixture
def far() -> Iterator[server.Agent]:
    """An agent that is up."""
    with server.Agent() as started:
        yield started


@pytest.fixture
def client() -> Iterator[agent.Client]:
    """A client that soon gives up who is gone, and not who is slow."""
    made = agent.Client(timeout=20, attempts=3, size=50000, silent=0.5)
    yield made
    made.close()


def until(true: Callable[[], object]) -> None:
    """Wait for something, also on a machine that is busy with other things."""
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.01)


def test_a_command_is_sent_with_the_token_and_its_result_comes(far: server.Agent, client: agent.Client) -> None:
    far.answers["deploy.get_deploy_steps"] = {"deploy_steps": {}}
    found = client.call(far.address(), "deploy.get_deploy_steps", {"node": {"uuid": "u"}})
    assert found["command_status"] == "SUCCEEDED" and found["command_result"] == {"deploy_steps": {}}
    assert far.asked == [("deploy.get_deploy_steps", {"node": {"uuid": "u"}})]
    assert [one["id"] for one in client.results(far.address())] == [found["id"]]


def test_a_failed_command_is_a_fault_with_the_agents_words(far: server.Agent, client: agent.Client) -> None:
    far.answers["standby.sync"] = ("FAILED", "the disk is on fire")
    with pytest.raises(errors.AgentFailed, match=r"standby.sync: Error: the disk is on fire"):
        client.call(far.address(), "standby.sync")
    assert client.call(far.address(), "standby.sync", check=False)["command_status"] == "FAILED"


#: what happens, fault, words
PLAYS: list[tuple[str, type[errors.AgentFault], str]] = [
    ("busy", errors.AgentBusy, "Agent is busy"), ("unknown", errors.AgentRefused, "older than this service.*no such"),
    ("broken", errors.AgentRefused, "status 500"), ("garbage", errors.AgentGarbage, "no JSON"),
    ("shape", errors.AgentGarbage, "no command result"), ("list", errors.AgentGarbage, "no command result"),
    ("elsewhere", errors.AgentRefused, "status 302"), ("large", errors.AgentGarbage, "larger than 50000 bytes"),
]


@pytest.mark.parametrize(("play", "kind", "says"), PLAYS)
def test_what_is_no_answer(far: server.Agent, client: agent.Client, play: str, kind: type[errors.AgentFault],
                           says: str) -> None:
    far.plays = [play]
    with pytest.raises(kind, match=says) as met:
        client.call(far.address(), "standby.sync")
    assert met.value.facts["url"] == far.url and met.value.facts["command"] == "standby.sync"
    assert server.TOKEN not in repr(met.value.facts) + met.value.text


def test_logs_may_be_large(far: server.Agent, client: agent.Client) -> None:
    far.plays = ["large"]
    assert len(client.call(far.address(), "log.collect_system_logs", size=agent.LARGE)["command_result"]) == 100000


@pytest.mark.parametrize("play", ["lost", "slow"])
def test_a_lost_answer_does_not_let_a_command_run_twice(far: server.Agent, play: str) -> None:
    client = agent.Client(timeout=1 if play == "slow" else 20, attempts=3)
    far.answers["standby.prepare_image"] = "RUNNING"
    first = client.call(far.address(), "standby.prepare_image")
    far.end(first["id"])
    far.plays = [play]
    began = time.monotonic()
    found = client.call(far.address(), "standby.prepare_image", {"image_info": {}})
    if play == "lost":
        assert [name for name, _ in far.asked] == ["standby.prepare_image"] * 2
        assert found["id"] == far.results[-1]["id"] != first["id"]
    assert time.monotonic() - began < 30
    client.close()


def test_what_never_arrived_is_sent_again(far: server.Agent, client: agent.Client) -> None:
    far.plays = ["cut", "cut"]
    assert client.call(far.address(), "standby.sync")["command_status"] == "SUCCEEDED"
    assert len(far.asked) == 1
    far.plays = ["cut"] * 3
    with pytest.raises(errors.AgentUnreachable):
        client.call(far.address(), "standby.sync")
    assert len(far.asked) == 1


def test_busy_with_the_lost_one_is_ours(far: server.Agent, client: agent.Client) -> None:
    far.answers["standby.prepare_image"] = "RUNNING"
    far.plays = ["lost", "busy"]
    assert client.call(far.address(), "standby.prepare_image")["command_status"] == "RUNNING"
    assert len(far.asked) == 1


def test_a_watched_command_comes_when_it_has_ended(far: server.Agent, client: agent.Client) -> None:
    far.answers["standby.prepare_image"] = "RUNNING"
    began = client.call(far.address(), "standby.prepare_image")
    watched = client.watch(far.address(), began["id"], first=0.01, every=0.05)
    assert client.watch(far.address(), began["id"]) is watched
    begun = time.monotonic()
    until(lambda: far.polls > 2)
    assert not watched.done() and far.polls < 10 + (time.monotonic() - begun) / 0.025
    far.end(began["id"], "done")
    assert watched.result(60)["command_result"] == "done"


def test_a_watched_agent_that_falls_silent(client: agent.Client) -> None:
    with server.Agent() as far:
        far.answers["standby.prepare_image"] = "RUNNING"
        where = far.address()
        watched = client.watch(where, client.call(where, "standby.prepare_image")["id"], first=0.01, every=0.1)
    with pytest.raises(errors.AgentUnreachable, match="no connection"):
        watched.result(60)
    # who waits for the result may be quicker than who notes it
    until(lambda: client._watched == {})


def test_a_watched_command_that_the_agent_does_not_know(far: server.Agent, client: agent.Client) -> None:
    with pytest.raises(errors.AgentRefused, match="not found"):
        client.watch(far.address(), "vanished", first=0.01).result(60)


def test_what_a_watching_ended_with_is_told_once(far: server.Agent, client: agent.Client) -> None:
    ident = client.call(far.address(), "standby.prepare_image")["id"]
    assert client.heard(far.address(), ident) is None
    watched, heard = client.watch(far.address(), ident, first=0.01).result(60), []
    # who waits for the result may be quicker than who notes it
    until(lambda: heard.append(client.heard(far.address(), ident)) or heard[-1])
    assert heard[-1] == watched
    assert client.heard(far.address(), ident) is None


def test_forgetting_an_agent_ends_the_watching(far: server.Agent, client: agent.Client) -> None:
    far.answers["standby.prepare_image"] = "RUNNING"
    watched = client.watch(far.address(), client.call(far.address(), "standby.prepare_image")["id"])
    client.forget(far.address())
    assert watched.cancelled()


#: what of the address is wrong, fault, words
OTHERS: list[tuple[dict[str, typing.Any], type[errors.AgentFault], str]] = [
    ({"ca": server.certificate()[0]}, errors.AgentUnreachable, "certificate is not the one"),
    ({"ca": None}, errors.AgentUnreachable, "certificate is not the one"),
    ({"ca": "rubbish"}, errors.AgentRefused, "cannot be read"),
    ({"ca": None, "verify": "/nowhere.pem"}, errors.AgentRefused, "nowhere.pem"),
    ({"token": "wrong-token-wrong-token-wrong-token-wrong"}, errors.AgentRefused, "does not know our token.*invalid"),
    ({"url": "ftp://127.0.0.1"}, errors.AgentRefused, "http://"),
    ({"url": "https://u:p@127.0.0.1:1/"}, errors.AgentRefused, "address and a port"),
    ({"url": "https://127.0.0.1:99999"}, errors.AgentRefused, "cannot be read"),
    ({"url": "https://127.0.0.1:1"}, errors.AgentUnreachable, "no connection"),
]


@pytest.mark.parametrize(("changed", "kind", "says"), OTHERS)
def test_only_the_right_agent_is_believed(far: server.Agent, client: agent.Client, changed: dict[str, typing.Any],
                                          kind: type[errors.AgentFault], says: str) -> None:
    with pytest.raises(kind, match=says) as met:
        client.call(far.address(**changed), "standby.sync")
    assert not far.asked
    assert changed.get("token", server.TOKEN) not in met.value.text + repr(far.address(**changed))


def test_a_certificate_of_another_address_is_not_believed(client: agent.Client) -> None:
    with server.Agent(names="192.0.2.1") as far, pytest.raises(errors.AgentUnreachable, match="certificate"):
        client.call(far.address(), "standby.sync")


def test_nobody_is_verified_where_that_is_asked_for(client: agent.Client) -> None:
    with server.Agent(names="192.0.2.1") as far:
        assert client.call(far.address(ca=None, verify="false"), "standby.sync")["command_status"] == "SUCCEEDED"


def test_old_tls_is_not_spoken(far: server.Agent) -> None:
    for where in (far.address(), far.address(ca=None), far.address(ca=None, verify="false")):
        assert certificates.Contexts().of(where).minimum_version == ssl.TLSVersion.TLSv1_2


def test_without_tls(client: agent.Client) -> None:
    with server.Agent(tls=False) as far:
        assert client.call(far.address(ca=None), "standby.sync")["command_status"] == "SUCCEEDED"


def test_the_callers_time_bounds_everything(far: server.Agent) -> None:
    client = agent.Client(timeout=60)
    far.plays = ["slow"]
    began = time.monotonic()
    with pytest.raises(errors.AgentUnreachable, match=r"0\.2 s"):
        client.call(far.address(), "standby.sync", within=0.2)
    assert time.monotonic() - began < 30
    client.close()
    with pytest.raises(RuntimeError, match="closed"):
        client.call(far.address(), "standby.sync")


def test_connections_are_kept(far: server.Agent, client: agent.Client) -> None:
    where = far.address()
    client.call(where, "standby.sync")
    for _ in range(100):
        client.results(where)
    assert len(far.peers) < 5


class Deaf:
    """Takes connections and never says anything."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=16)
        self.url = f"https://127.0.0.1:{self._socket.getsockname()[1]}"

    def close(self) -> None:
        """End."""
        self._socket.close()


@pytest.fixture
def deaf() -> Iterator[Deaf]:
    made = Deaf()
    yield made
    made.close()


@pytest.mark.parametrize("command", ["standby.sync", "deploy.get_deploy_steps", "log.collect_system_logs"])
def test_an_agent_that_never_answers_is_given_up_in_time(deaf: Deaf, command: str) -> None:
    client = agent.Client(timeout=0.2, attempts=3)
    where = agent.Address(deaf.url, server.TOKEN, server.certificate()[0])
    for ask in (lambda: client.call(where, command), lambda: client.results(where)):
        began = time.monotonic()
        with pytest.raises(errors.AgentUnreachable, match="does not answer"):
            ask()
        assert time.monotonic() - began < 30
    client.close()


def test_who_hangs_up_lets_nobody_wait(deaf: Deaf) -> None:
    client = agent.Client()
    where = agent.Address(deaf.url, server.TOKEN, server.certificate()[0])
    asked = [client.submit(where, "standby.sync"), client.watch(where, "x", first=0)]
    time.sleep(0.2)
    began = time.monotonic()
    client.hang_up()
    for future in asked:
        with pytest.raises(errors.ServiceEnds):
            future.result(60)
    with pytest.raises(errors.ServiceEnds, match="goes on at its next start"):
        client.call(where, "standby.sync")
    client.close()
    assert time.monotonic() - began < 30
