"""Virtual machines as servers: QEMU behind a real IPMI BMC each, on a network of their own.

plan.py: what a lab is to be. lab.py: the running lab. server.py: a machine whose power is a QEMU process, on the BMC of
the simulated fleet. qemu.py: its command line, process.py and monitor.py: the process and its monitor. network.py:
namespace, bridge, taps; lldp.py: the switch they hang on. ledger.py: what was started, so that ``down`` ends that and
nothing else. builders/: deploy ramdisk and images.
"""
