"""Every verb in every provision state, against the service: taken or refused as ``cases/verbs.yaml`` says."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.api import drive, stored

TABLE = stored.VERBS
LEGAL: dict[str, dict[str, Any]] = TABLE["legal"]
WORDS = [*TABLE["verbs"], *TABLE["no_verbs"]]
REFUSED = [(state, word) for state in TABLE["targets"] for word in WORDS if word not in LEGAL[state]]
TAKEN = [(state, word) for state, verbs in LEGAL.items() for word in verbs]
HELD = [(state, word) for state in TABLE["targets"] for word in (*LEGAL[state], "manage", "unicorn")]


def since(state: str, verb: str) -> int:
    """The minor version that brought a verb where it is legal."""
    told = TABLE["abort_since"][state] if verb == "abort" else TABLE["since"].get(verb, "1.1")
    return int(str(told).split(".")[1])


TOO_OLD = [(state, verb) for state, verb in TAKEN if since(state, verb) > 1]


class Bench:
    """The service, its database, and nodes to try verbs on."""

    def __init__(self, service: Any) -> None:
        self.endpoint = drive.Endpoint(service.url, service.auth)
        self.stored = stored.Stored(service.data)
        self.run = drive.Run(self.endpoint)

    def node(self) -> str:
        """Make another node."""
        made = self.endpoint.make("POST", "/v1/nodes", self.run.defaults("node"))["uuid"]
        self.run.made["node"].append(made)
        return str(made)

    def ask(self, node: str, verb: str, version: str = "1.115") -> Any:
        """Ask for a verb, with what belongs to it."""
        body = {"target": verb, **TABLE["bodies"].get(verb, {})}
        return self.endpoint.ask("PUT", f"/v1/nodes/{node}/states/provision", version, body=body)


@pytest.fixture(scope="module")
def bench(service: Any) -> Iterator[Bench]:
    """The nodes of this file; they go at its end."""
    made = Bench(service)
    yield made
    made.run.clean_up()


@pytest.fixture(scope="module")
def node(bench: Bench) -> Iterator[str]:
    """A node for verbs that change nothing."""
    made = bench.node()
    yield made
    bench.stored.bring(made, "enroll")


@pytest.mark.parametrize(("state", "word"), REFUSED)
def test_refuses_what_the_state_does_not_know(bench: Bench, node: str, state: str, word: str) -> None:
    bench.stored.bring(node, state)
    answer = bench.ask(node, word)
    assert answer.status_code == 400, answer.text
    assert state in answer.text
    assert word in answer.text


@pytest.mark.parametrize(("state", "verb"), TOO_OLD)
def test_is_unknown_to_older_versions(bench: Bench, node: str, state: str, verb: str) -> None:
    bench.stored.bring(node, state)
    answer = bench.ask(node, verb, f"1.{since(state, verb) - 1}")
    assert answer.status_code == 406, answer.text


@pytest.mark.parametrize(("state", "word"), HELD)
def test_is_refused_while_somebody_holds_the_node(bench: Bench, node: str, state: str, word: str) -> None:
    bench.stored.bring(node, state, **stored.HELD)
    answer = bench.ask(node, word)
    assert answer.status_code == TABLE["held"], answer.text
    assert "somebody" in answer.text
    assert "a test" in answer.text


@pytest.mark.parametrize(("state", "verb"), TAKEN)
def test_takes_the_verb_and_ends_where_it_leads(bench: Bench, state: str, verb: str) -> None:
    told, made = LEGAL[state][verb], bench.node()
    bench.stored.bring(made, state)
    answer = bench.ask(made, verb)
    assert answer.status_code in told.get("either", [told.get("status")]), answer.text
    if "then" in told:
        bench.run.wait(made, provision_state=told["then"], reservation=None)
