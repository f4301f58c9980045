"""Broker and database go away and come back: requests are answered meanwhile, and nobody needs to be started anew."""

import signal
import time

import pytest
import requests

from baremetal import config, context, errors
from baremetal.rpc import client, wire
from tests.cluster import test_cluster

#: seconds in which everything works again once the server answers
SOON = 15
#: what ends a server in order without waiting for its clients
ENDS = {"mariadb": signal.SIGTERM, "postgresql": signal.SIGINT}


def asked(cluster, method, path, body=None):
    """Return status, seconds and text of a request."""
    began = time.monotonic()
    answer = requests.request(method, cluster.apis[0] + path, json=body, timeout=30,
                              headers={"X-OpenStack-Ironic-API-Version": "latest"})
    return answer.status_code, time.monotonic() - began, answer.text


def power(cluster, name):
    """Ask for a reboot."""
    return asked(cluster, "PUT", f"/v1/nodes/{name}/states/power", {"target": "rebooting"})


def works_again(cluster, name):
    """Return once both directions work: a power change is begun, done and written."""
    cluster.until(lambda: power(cluster, name)[0] == 202, within=SOON)
    cluster.until(lambda: cluster.node(name)["power_state"] == "power on"
                  and not cluster.node(name)["reservation"], within=SOON)


def test_the_broker_goes_away_and_comes_back(cluster, rabbitmq):
    name = test_cluster.make(cluster)
    works_again(cluster, name)
    rabbitmq.process.kill()
    try:
        status, seconds, text = power(cluster, name)
        assert status == 503 and "message bus" in text and seconds < 8
        assert asked(cluster, "GET", f"/v1/nodes/{name}")[0] == 200
    finally:
        rabbitmq.process.again()
        rabbitmq.process.wait_for(rabbitmq.answers, within=90)
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
        assert time.monotonic() - began < 8
    finally:
        rabbitmq.process.again()
        rabbitmq.process.wait_for(rabbitmq.answers, within=90)

    def answered():
        try:
            cold.call(context.Context(), "one", "validate", node="x")
        except errors.NotFound:
            return True
        except errors.ConductorUnreached:
            return False
    cluster.until(answered, within=SOON)
    transport.cleanup()


def test_the_database_goes_away_for_longer_than_leases_last(cluster, request):
    """What runs meanwhile goes on, and once: nobody takes over from the living."""
    kind = "mariadb" if "mysql" in cluster.facts["database"] else "postgresql"
    server = request.getfixturevalue(kind)
    name = test_cluster.deployable(cluster, fake_delays={"deploy.deploy": 12})
    cluster.verb(name, "active")
    # until the step that takes long has begun: what is being written when the database goes is another case
    cluster.until(lambda: (cluster.node(name)["deploy_step"] or {}).get("step") == "deploy")
    # in order: set for speed, the test's server forgets the last second when it is killed
    server.process.stop(ENDS[kind])
    time.sleep(6)
    try:
        for method, path, body in (("GET", "/v1/nodes", None), ("POST", "/v1/nodes", {"driver": "fake-hardware"}),
                                   ("PUT", f"/v1/nodes/{name}/states/power", {"target": "power on"})):
            status, seconds, text = asked(cluster, method, path, body)
            assert status == 503 and "database did not answer" in text and seconds < 8, (method, path, status, text)
    finally:
        server.process.again()
        server.process.wait_for(server.answers, within=60)
    node = cluster.becomes(name, "active", within=30)
    assert node["last_error"] is None
    flow = cluster.get(f"/ops/v1/nodes/{name}/timeline")["flows"][0]
    assert flow["state"] == "done"
    assert {step["attempts"] for step in flow["steps"]} == {1}
    works_again(cluster, name)
