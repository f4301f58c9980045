"""What holds when API and conductors are several processes: the right one drives, a killed one loses nothing."""

import signal
import uuid

import pytest

#: seconds that the long step takes: longer than a lease
LONG = 10
#: nodes with random UUIDs: that one conductor of two gets all of them happens once in 2**39 runs
MANY = 40


def make(cluster, copy=0, **info):
    """Create a node and return its name."""
    name = f"n-{uuid.uuid4().hex[:8]}"
    cluster.call("POST", "/v1/nodes", {"name": name, "driver": "fake-hardware", "driver_info": info}, copy=copy)
    return name


def deployable(cluster, **info):
    """Create a node and bring it to ``available``."""
    name = make(cluster, **info)
    cluster.verb(name, "manage")
    cluster.becomes(name, "manageable")
    cluster.verb(name, "provide")
    cluster.becomes(name, "available")
    return name


def test_what_one_copy_makes_the_other_drives_through_the_right_conductor(cluster):
    drivers, names = set(), []
    for _ in range(MANY):
        name = make(cluster, copy=0, fake_delays={"power.set": 4})
        names.append(name)
        node = cluster.node(name, copy=1)
        cluster.call("PUT", f"/v1/nodes/{name}/states/power", {"target": "power on"}, copy=1)
        assert cluster.node(name)["reservation"] == node["conductor"]
        drivers.add(node["conductor"])
        if len(drivers) == 2:
            break
    assert drivers == {"one", "two"}
    cluster.until(lambda: all(cluster.node(name)["power_state"] == "power on" for name in names))


@pytest.mark.parametrize("verb, state, step", [
    ("active", "active", "deploy.deploy"), ("inspect", "manageable", "inspect.inspect")])
def test_a_conductor_that_is_killed_in_a_long_step_loses_nothing(cluster, verb, state, step):
    name = deployable(cluster, fake_delays={step: LONG})
    if verb == "inspect":
        cluster.verb(name, "manage")
        cluster.becomes(name, "manageable")
    cluster.verb(name, verb)
    held = cluster.begun(name, step.partition(".")[2])
    other = ({"one", "two"} - {held}).pop()
    cluster.conductors[held].kill()
    try:
        # the other one goes on, with the step once more from its beginning
        cluster.until(lambda: cluster.flow(name)["conductor"] == other)
        node = cluster.becomes(name, state)
        assert node["conductor"] == other and node["last_error"] is None and not node["maintenance"]
        history = cluster.get(f"/v1/nodes/{name}/history?detail=true")["history"]
        assert other in {entry["conductor"] for entry in history}
        flow = cluster.flow(name)
        assert flow["state"] == "done"
        assert max(step["attempts"] for step in flow["steps"]) == 2
    finally:
        cluster.conductor(held)


def test_a_conductor_that_was_suspended_past_its_lease_writes_nothing(cluster):
    """It wakes, finds its lease gone, and leaves the node to the one that took over."""
    name = deployable(cluster, fake_delays={"deploy.deploy": LONG})
    cluster.verb(name, "active")
    held = cluster.begun(name, "deploy")
    process = cluster.conductors[held]
    process.send(signal.SIGSTOP)
    try:
        other = ({"one", "two"} - {held}).pop()
        cluster.until(lambda: cluster.flow(name)["conductor"] == other)
    finally:
        process.send(signal.SIGCONT)
    node = cluster.becomes(name, "active")
    assert node["last_error"] is None
    flow = cluster.flow(name)
    assert flow["state"] == "done" and flow["conductor"] == other
    # the one that slept is a conductor again
    cluster.until(lambda: {c["hostname"] for c in cluster.get("/v1/conductors")["conductors"] if c["alive"]}
                  == {"one", "two"})


def test_a_conductor_that_ends_in_order_hands_over_at_once(cluster):
    name = make(cluster)
    mine = cluster.node(name)["conductor"]
    other = ({"one", "two"} - {mine}).pop()
    assert cluster.conductors[mine].stop(within=60) == 0
    # said by itself: nobody had to wait until its heartbeat was too old
    assert not cluster.alive(mine)
    try:
        cluster.until(lambda: cluster.node(name)["conductor"] == other)
        cluster.call("PUT", f"/v1/nodes/{name}/states/power", {"target": "power on"})
        cluster.until(lambda: cluster.node(name)["power_state"] == "power on")
    finally:
        cluster.conductor(mine)
