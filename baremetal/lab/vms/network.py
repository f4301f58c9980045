"""The lab's network: a namespace with a bridge, a tap for each card, and one link to where the house is.

::

    house (our namespace)          namespace bmlab
    bmlab0 10.77.0.1  ------------ up0 -- lab (bridge, the BMCs' addresses) -- tap1.0 -- card of vm-1
                                                                            -- tap2.0 -- card of vm-2
"""

import pathlib

from baremetal.lab.vms import netns, plan, programs

BRIDGE, UPLINK = "lab", "up0"
MTU = "1500"


def exists(wanted: plan.Network) -> list[str]:
    """Return what is there already of the names that the lab would use."""
    found = [f"network namespace {wanted.namespace}"] if (netns.FOLDER / wanted.namespace).exists() else []
    if pathlib.Path("/sys/class/net", wanted.link).exists():
        found.append(f"network link {wanted.link}")
    return found


def check(wanted: plan.Network) -> None:
    """Raise Trouble when names are taken: what has them is somebody else's."""
    if found := exists(wanted):
        raise programs.Trouble(f"{' and '.join(found)} exists already, and is not of this lab. Give other names with "
                               "--namespace and --link, or remove it.")


def up(wanted: plan.Plan) -> None:
    """Make it; ``check`` its names before."""
    lab = wanted.network
    programs.run("ip", "netns", "add", lab.namespace)
    inside = ("ip", "-n", lab.namespace)
    programs.run(*inside, "link", "set", "lo", "up")
    # one bridge without spanning tree: a port carries frames at once
    programs.run(*inside, "link", "add", BRIDGE, "type", "bridge", "stp_state", "0", "forward_delay", "0")
    programs.run("ip", "link", "add", lab.link, "mtu", MTU, "type", "veth", "peer", "name", UPLINK, "netns",
                 lab.namespace)
    programs.run(*inside, "link", "set", UPLINK, "master", BRIDGE, "up")
    programs.run(*inside, "link", "set", BRIDGE, "up")
    for number in range(len(wanted.machines)):
        programs.run(*inside, "addr", "add", lab.bmc(number), "dev", BRIDGE)
        for tap in wanted.taps(number):
            programs.run(*inside, "tuntap", "add", tap, "mode", "tap")
            programs.run(*inside, "link", "set", tap, "master", BRIDGE, "up")
    programs.run("ip", "addr", "add", lab.address, "dev", lab.link)
    programs.run("ip", "addr", "add", lab.address6, "dev", lab.link, "nodad")
    programs.run("ip", "link", "set", lab.link, "up")


def down(wanted: plan.Network) -> list[str]:
    """Remove it; return what was removed. What is not there is no error."""
    found = exists(wanted)
    if (netns.FOLDER / wanted.namespace).exists():
        programs.run("ip", "netns", "del", wanted.namespace)
    # the kernel takes the namespace's end away some time after the last process in it; this end not before
    if pathlib.Path("/sys/class/net", wanted.link).exists():
        programs.run("ip", "link", "del", wanted.link)
    return found
