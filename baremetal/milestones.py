"""The names of milestones, in the order in which a boot reaches them. What was seen, not what was meant.

They are written by the conductor (power, files served, DHCP, steps) and by the API (what agents say), and read by
the timeline and by whoever asks how far a boot has come.
"""

# fmt: off
POWER_OFF  = "power off confirmed"
DEVICE     = "boot device set"
FILES      = "boot files ready"
POWER_ON   = "power on confirmed"
ADDRESS    = "address given"
LOADER     = "loader fetched"
SCRIPT     = "boot script fetched"
KERNEL     = "kernel fetched"
RAMDISK    = "ramdisk fetched"
REPORT     = "inspection report came"
LOOKUP     = "agent looked up"
HEARTBEAT  = "agent called back"
STEPS      = "agent's steps known"
COMMAND    = "agent begins"
COMMANDED  = "agent ended"
FETCHING   = "image being fetched"
FETCHED    = "image ready"
SENDING    = "image being sent"
SENT       = "image sent"
AGAIN      = "boot tried again"
REPEATED   = "power command repeated"
RESTARTED  = "controller restarted"

#: name: what it means, in the order of a boot
TABLE = {
    POWER_OFF: "The controller says that the server is off.",
    FETCHING:  "The conductor gets the image from its source; facts bytes and total.",
    FETCHED:   "The image is checked and lies ready on the conductor.",
    FILES:     "Kernel, ramdisk and script lie ready under the node's own path.",
    DEVICE:    "The controller took the boot device.",
    POWER_ON:  "The controller says that the server is on.",
    ADDRESS:   "DHCP gave the server an address.",
    LOADER:    "The server fetched its network boot loader.",
    SCRIPT:    "The server fetched its boot script.",
    KERNEL:    "The server fetched the kernel.",
    RAMDISK:   "The server fetched the ramdisk.",
    REPORT:    "The agent reported what the server is made of.",
    LOOKUP:    "The agent asked which node it is on.",
    HEARTBEAT: "The agent called back for the first time.",
    STEPS:     "The agent told which steps it can do.",
    COMMAND:   "The agent began a command; fact command.",
    COMMANDED: "The agent ended a command; facts command and seconds.",
    SENDING:   "The agent fetches the image from the conductor; facts bytes and total.",
    SENT:      "The agent has fetched the whole image.",
    AGAIN:     "No sign of the boot came in time, so it was begun again.",
    REPEATED:  "The controller did not follow a power command, so it was given again; facts command and seen.",
    RESTARTED: "The controller was told to restart and did not answer that, as some do.",
}

#: power state that the controller confirmed: its milestone
POWER = {"power off": POWER_OFF, "power on": POWER_ON}

#: the milestones of one boot of a ramdisk, each of which normally follows the one before
BOOT = (DEVICE, POWER_ON, ADDRESS, LOADER, SCRIPT, KERNEL, RAMDISK, LOOKUP, HEARTBEAT)
# fmt: on
