"""The transport within one process: who listens is woken by a message, and by the end."""

import threading
import uuid

import oslo_messaging
import pytest

from baremetal import config
from baremetal.rpc import local, wire


@pytest.fixture
def driver():
    return wire.transport(config.build())._driver


def listener(driver, server="one"):
    topic = str(uuid.uuid4())
    target = oslo_messaging.Target(topic=topic, server=server)
    return target, driver.listen(target, 1, None)._poll_style_listener


def polled(listening):
    """Poll in a thread; return it, and the list of what it got."""
    got = []
    thread = threading.Thread(target=lambda: got.append(listening.poll()), daemon=True)
    thread.start()
    return thread, got


def test_the_transport_within_a_process_is_ours(driver):
    assert isinstance(driver, local.Driver)


def test_one_who_listens_is_woken_by_a_message(driver):
    target, listening = listener(driver)
    thread, got = polled(listening)
    driver.send(target, {}, {"method": "a"})
    thread.join(60)
    assert [message.message for message in got[0]] == [{"method": "a"}]


def test_what_came_before_is_found_and_in_order(driver):
    target, listening = listener(driver)
    for number in range(3):
        driver.send(target, {}, {"number": number})
    assert [listening.poll()[0].message["number"] for _ in range(3)] == [0, 1, 2]


def test_a_message_for_any_server_of_the_topic_arrives(driver):
    target, listening = listener(driver)
    driver.send(oslo_messaging.Target(topic=target.topic), {}, {"for": "any"})
    assert listening.poll()[0].message == {"for": "any"}


def test_a_message_for_another_server_does_not(driver):
    target, listening = listener(driver)
    driver.send(oslo_messaging.Target(topic=target.topic, server="other"), {}, {})
    assert listening.poll(timeout=0.01) == []


def test_the_end_wakes_one_who_listens(driver):
    _, listening = listener(driver)
    thread, got = polled(listening)
    listening.stop()
    thread.join(60)
    assert got == [[]]


def test_a_call_that_nobody_answers_ends_in_time(driver):
    target, _ = listener(driver)
    with pytest.raises(oslo_messaging.MessagingTimeout):
        driver.send(target, {}, {}, wait_for_reply=True, timeout=0.01)
