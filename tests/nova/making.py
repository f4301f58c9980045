"""Run by the interpreter of .venv-nova: a driver as nova-compute has it, and the objects that it is given."""

import base64
import uuid
from typing import Any

from tests.nova import threads  # isort: skip  must come first

import nova.conf
from nova import context as nova_context
from nova import objects
from nova.compute import task_states, vm_states
from nova.network import model
from nova.objects import base, ec2, keypair
from nova.virt import driver as virt_driver
from nova.virt.ironic import driver

from tests.nova import stand_ins

assert threads
HOST = "compute-1"
CONF = nova.conf.CONF


def configure(asked: dict[str, Any]) -> None:
    """Read a configuration file as an operator writes it."""
    CONF(["--config-file", asked["config"]], project="nova", default_config_files=[])
    CONF.set_override("endpoint_override", stand_ins.neutron(), "neutron")
    objects.register_all()


def compute(instances: list[Any]) -> driver.IronicDriver:
    """Return a driver, loaded as nova-compute loads it."""
    base.NovaObject.indirection_api = stand_ins.Conductor(instances)
    found: driver.IronicDriver = virt_driver.load_compute_driver(None, CONF.compute_driver)
    assert isinstance(found, driver.IronicDriver)
    found.init_host(HOST)
    return found


def admin() -> Any:
    """Return who asks."""
    return nova_context.get_admin_context()


def flavor(**extra_specs: str) -> Any:
    """Return a flavor for a whole server."""
    return objects.Flavor(
        id=1, flavorid="bm", name="bm.large", memory_mb=0, vcpus=0, root_gb=0, ephemeral_gb=0, swap=0, rxtx_factor=1.0,
        vcpu_weight=0, disabled=False, is_public=True, extra_specs=dict(extra_specs), projects=[], description=None)


def instance(node: str, kind: Any) -> Any:
    """Return an instance that the scheduler has sent to ``node``."""
    ident = str(uuid.uuid4())
    made = objects.Instance(
        admin(), id=7, uuid=ident, user_id="alice", project_id="lab", display_name=f"web-{ident[:4]}",
        hostname=f"web-{ident[:4]}", host=HOST, node=node, vm_state=vm_states.BUILDING, task_state=task_states.SPAWNING,
        power_state=0, flavor=kind, system_metadata={}, metadata={"role": "web"}, config_drive="True",
        image_ref=str(uuid.uuid4()), user_data=base64.b64encode(b"#cloud-config\n{}\n").decode(), key_name="alice",
        key_data="ssh-ed25519 AAAA alice", availability_zone="nova", launch_index=0, reservation_id="r-1",
        root_device_name="/dev/sda", default_ephemeral_device=None, default_swap_device=None, os_type=None,
        trusted_certs=None, device_metadata=None, numa_topology=None, access_ip_v4=None, access_ip_v6=None,
        launched_at=None, terminated_at=None, created_at=None, updated_at=None, deleted=False, deleted_at=None,
        keypairs=keypair.KeyPairList(objects=[objects.KeyPair(
            id=1, name="alice", user_id="alice", type="ssh", public_key="ssh-ed25519 AAAA alice", fingerprint="aa")]),
        ec2_ids=ec2.EC2Ids(instance_id="i-1", ami_id="ami-1", kernel_id=None, ramdisk_id=None),
        info_cache=objects.InstanceInfoCache(instance_uuid=ident, network_info=model.NetworkInfo([])))
    made.obj_reset_changes()
    return made


def image(ident: str) -> Any:
    """Return what Nova knows of an image."""
    return objects.ImageMeta(id=ident, name="demo", status="active", properties=objects.ImageMetaProps())


def network(mac: str) -> Any:
    """Return the network of an instance with one port of Neutron."""
    subnet = model.Subnet(cidr="192.0.2.0/24", dns=[], gateway=model.IP("192.0.2.1"), routes=[],
                          ips=[model.FixedIP(address="192.0.2.9")], version=4)
    wire = model.Network(id=str(uuid.uuid4()), bridge="br-int", label="tenant", subnets=[subnet], mtu=1500)
    return model.NetworkInfo([vif(mac, wire)])


def vif(mac: str, wire: Any) -> Any:
    """Return a port of Neutron."""
    return model.VIF(id=str(uuid.uuid4()), address=mac, network=wire, type=model.VIF_TYPE_OTHER, devname="tap0",
                     active=True, vnic_type=model.VNIC_TYPE_BAREMETAL)
