"""The agent rescue: a ramdisk beside the tenant's system, whose agent sets a password and ends."""

import contextlib

from baremetal import errors, states, steps
from baremetal.drivers import rescue, switch, task
from baremetal.drivers.agent import address, boots, frame, password, talk

#: instance_info keys: the password as it was given, and as the ramdisk gets it
CLEAR, HASHED = "rescue_password", "hashed_rescue_password"
#: states in which a rescue that did not come about leaves a server that should not run on
BROKEN = (states.RESCUING, states.RESCUEWAIT, states.RESCUEFAIL)


class AgentRescue(rescue.Rescue):
    """Boots the rescue ramdisk on the rescuing network, then moves it to the tenant's."""

    name = "agent"
    serves = ("generic",)
    optional = {
        "rescue_kernel": "Kernel of the rescue ramdisk, a URL; the deploy kernel where it is not given.",
        "rescue_ramdisk": "The rescue ramdisk, a URL; the deploy ramdisk where it is not given.",
    }

    def validate(self, task: task.Task) -> None:
        """Check what is needed to boot the ramdisk."""
        super().validate(task)
        task.boot.validate(task)

    @steps.step(abortable=True)
    def rescue(self, task: task.Task) -> steps.Answer:
        """Boot the rescue ramdisk. Safe to run twice: it boots anew. The password is kept as a hash from here on."""
        info = task.node.instance_info
        if info.get(CLEAR):
            info[HASHED] = password.hashed(str(info[CLEAR]), task.conf.conductor.rescue_password_hash_algorithm)
            del info[CLEAR]
        task.network.disconnect(task, "tenant")
        return boots.start(task, "rescue")

    def rescue_ready(self, task: task.Task) -> bool:
        """Return whether the agent has called back."""
        return address.known(task)

    def rescue_resume(self, task: task.Task) -> steps.Answer:
        """Give the agent the password, after which it ends; then the server moves to its tenant's network."""
        if not address.known(task):
            return boots.waiting()
        hashed = task.node.instance_info.get(HASHED)
        if not hashed:
            raise talk.failed("rescue.rescue", "the password is not there any more; begin the rescue again")
        try:
            talk.call(task, "rescue.finalize_rescue", {"rescue_password": hashed, "hashed": True})
        except errors.AgentUnreachable as fault:
            # it ends when it has the password: who gave it may have died before that was written
            raise talk.failed("rescue.rescue", (
                f"{fault.text} It may have got the password already, from a conductor that was lost then. Begin the "
                "rescue again, or unrescue the node to start the tenant's system")) from fault
        _leave(task)
        task.network.connect(task, "tenant")
        return steps.Done()

    def unrescue(self, task: task.Task) -> steps.Answer:
        """Switch off and start the tenant's system again. Safe to run twice."""
        if not task.node.disable_power_off:
            switch.change(task, "power off")
        _leave(task)
        frame.tenant(task)
        return steps.Done()

    def clean_up(self, task: task.Task) -> None:
        """Take the ramdisk's files and the password away; a server whose rescue failed is switched off."""
        failed = task.node.provision_state in BROKEN
        try:
            if failed and not task.node.disable_power_off:
                switch.change(task, "power off")
        finally:
            _leave(task)


def _leave(task: task.Task) -> None:
    for key in (CLEAR, HASHED):
        task.node.instance_info.pop(key, None)
    with contextlib.suppress(errors.Unsupported):
        task.boot.clean_up_ramdisk(task, "rescue")
    boots.forget(task)
    task.network.disconnect(task, "rescuing")
