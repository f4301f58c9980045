"""Broker and database go away and come back: requests are answered meanwhile, and nobody needs to be started anew."""

import signal
import time

import pytest
import requests

from baremetal import config, context, errors
from baremetal.rpc import client, wire
from tests.cluster import test_cluster

#: seconds that an answer may take, whoever is away; without care it would be minutes, or for ever
QUICK = 30
#: seconds that the database is away at least: longer than leases last
AWAY = 8
#: seconds that a step takes meanwhile
LONG = 20
#: what ends a server in order without waiting for its clients
ENDS = {"mariadb": signal.SIGTERM, "postgresql": signal.SIGINT}


def asked(cluster, method, path, body=None):
    """Return status, seconds and text of a request."""
    began = time.monotonic()
    answer = requests.request(method, cluster.apis[0] + path, json=body, timeout=60,
                              headers={"X-OpenStack-Ironic-API-Version": "latest"})
    return answer.status_code, time.monotonic() - began, answer.text


def power(cluster, name):
    """Ask for a reboot."""
    return asked(cluster, "PUT", f"/v1/nodes/{name}/states/power", {"target": "rebooting"})


def works_again(cluster, name):
    """Return once both directions work: a power change is begun, done and written."""
    cluster.until(lambda: power(cluster, name)[0] == 202)
    cluster.until(lambda: cluster.node(name)["power_state"] == "power on"
                  and not cluster.node(name)["reservation"])


def test_the_broker_goes_away_and_comes_back(cluster, rabbitmq):
    name = test_cluster.make(cluster)
    works_again(cluster, name)
    rabbitmq.process.kill()
    try:
        status, seconds, text = power(cluster, name)
        assert status == 503 and "message bus" in text and seconds < QUICK
        assert asked(cluster, "GET", f"/v1/nodes/{name}")[0] == 200
    finally:
        rabbitmq.process.again()
        rabbitmq.process.wait_for(rabbitmq.answers, within=180)
    works_again(cluster, name)


def test_a_first_call_does_not_hang_while_the_broker_is_away(cluster, rabbitmq):
    """Nor is it done later, when its caller has long gone."""
    conf = config.build(transport_url=cluster.facts["transport"], rpc_response_timeout=10)
    rabbitmq.process.kill()
    try:
        transport = wire.transport(conf)
        cold = client.Client(conf, transport)
        began = time.monotonic()
        with pytest.raises(errors.ConductorUnreached):
            cold.call(context.Context(), "one", "validate", node="x")
        assert time.monotonic() - began < QUICK
    finally:
        rabbitmq.process.again()
        rabbitmq.process.wait_for(rabbitmq.answers, within=180)

    def answered():
        try:
            cold.call(context.Context(), "one", "validate", node="x")
        except errors.NotFound:
            return True
        except errors.ConductorUnreached:
            return False
    cluster.until(answered)
    transport.cleanup()


def test_the_database_goes_away_for_longer_than_leases_last(cluster, request):
    """What runs meanwhile goes on, and once: nobody takes over from the living."""
    kind = "mariadb" if "mysql" in cluster.facts["database"] else "postgresql"
    server = request.getfixturevalue(kind)
    name = test_cluster.deployable(cluster, fake_delays={"deploy.deploy": LONG})
    cluster.verb(name, "active")
    # until the step that takes long has begun: what is being written when the database goes is another case
    cluster.begun(name, "deploy")
    began = time.monotonic()
    # in order: set for speed, the test's server forgets the last second when it is killed
    server.process.stop(ENDS[kind])
    time.sleep(AWAY)
    try:
        for method, path, body in (("GET", "/v1/nodes", None), ("POST", "/v1/nodes", {"driver": "fake-hardware"}),
                                   ("PUT", f"/v1/nodes/{name}/states/power", {"target": "power on"})):
            status, seconds, text = asked(cluster, method, path, body)
            assert status == 503 and "database did not answer" in text and seconds < QUICK, (method, path, status, text)
    finally:
        server.process.again()
        server.process.wait_for(server.answers, within=120)
    gone = time.monotonic() - began
    node = cluster.becomes(name, "active")
    assert node["last_error"] is None
    flow = cluster.flow(name)
    assert flow["state"] == "done"
    # on a machine so slow that the step ended meanwhile, its end could not be written, so it is done again
    assert {step["attempts"] for step in flow["steps"]} == {1} or gone > LONG - 3
    works_again(cluster, name)
