"""Section DEFAULT: who this process is, where its data lies, how it is reached, what is enabled."""

import os
import socket

from oslo_config import cfg

#: interface kind: implementations enabled by default
INTERFACES = {
    "bios": ["fake", "no-bios"],
    "boot": ["ipxe", "pxe", "http-ipxe", "no-boot", "fake"],
    "console": ["no-console", "fake"],
    "deploy": ["direct", "ramdisk", "custom-agent", "noop", "fake"],
    "firmware": ["no-firmware", "fake"],
    "inspect": ["agent", "no-inspect", "fake"],
    "management": ["ipmitool", "noop", "fake"],
    "network": ["noop", "flat"],
    "power": ["ipmitool", "fake"],
    "raid": ["no-raid", "agent", "fake"],
    "rescue": ["agent", "no-rescue", "fake"],
    "storage": ["cinder", "noop"],
    "vendor": ["ipmitool", "no-vendor", "fake"],
}

OPTS: list[cfg.Opt] = [
    cfg.StrOpt("host", default=socket.gethostname(), sample_default="<name of this machine>",
               help="Name of this conductor; must be unique and stay the same over restarts."),
    cfg.StrOpt("state_path", default="",
               help="Folder for all that this service writes: database, credentials, logs. "
                    "Default: ./data of the working folder."),
    cfg.StrOpt("auth_strategy", default="http_basic", choices=["noauth", "http_basic", "keystone"],
               help="Who may talk to the API: users of a bcrypt htpasswd file, holders of Keystone's tokens, or "
                    "anybody."),
    cfg.StrOpt("http_basic_auth_user_file", default="",
               help="htpasswd file (bcrypt entries only) for auth_strategy=http_basic. "
                    "Default: htpasswd in state_path."),
    cfg.BoolOpt("rbac_service_role_elevated_access", default=False,
                help="Whether the service role in the service project may see and do what the system's members may; "
                     "else a service sees what its own project owns."),
    cfg.StrOpt("rbac_service_project_name", default="service",
               help="Name of the project whose services are meant."),
    cfg.ListOpt("enabled_hardware_types", default=["ipmi", "manual-management", "fake-hardware"],
                help="Hardware types that this conductor serves."),
    cfg.StrOpt("notification_level", choices=["debug", "info", "warning", "error", "critical"],
               help="Least important level of notifications that are sent to the message bus; without it none are."),
    cfg.ListOpt("versioned_notifications_topics", default=["ironic_versioned_notifications"],
                help="Topics to which notifications are sent."),
    cfg.StrOpt("default_portgroup_mode", default="active-backup",
               help="Mode of port groups that are made without one: a bonding mode of Linux."),
    cfg.StrOpt("default_resource_class",
               help="Resource class of new nodes that are given none."),
    cfg.StrOpt("default_conductor_group", default="",
               help="Conductor group of new nodes that are given none."),
    cfg.IntOpt("hash_partition_exponent", default=5, min=1, max=20,
               help="Each conductor has 2 to the power of this many places on the hash ring."),
    cfg.IntOpt("hash_ring_reset_interval", default=15, min=0,
               help="Seconds after which the list of live conductors is read again."),
    cfg.IntOpt("log_in_db_max_size", default=4096, min=64,
               help="Longest last_error that is stored, in characters."),
    *[cfg.ListOpt(f"enabled_{kind}_interfaces", default=names,
                  help=f"Implementations of the {kind} interface that this conductor serves.")
      for kind, names in INTERFACES.items()],
    *[cfg.StrOpt(f"default_{kind}_interface",
                 help=f"The {kind} interface of new nodes that are given none; "
                      "without it the hardware type's first enabled one.")
      for kind in INTERFACES],
]


def fill_in(conf: cfg.ConfigOpts) -> None:
    """Compute the defaults that hang on other options."""
    path = conf.state_path or os.path.join(os.getcwd(), "data")
    conf.set_override("state_path", path)
    if not conf.http_basic_auth_user_file:
        conf.set_override("http_basic_auth_user_file", os.path.join(path, "htpasswd"))
    if not conf.database.connection:
        conf.set_override("connection", "sqlite:///" + os.path.join(path, "baremetal.sqlite"), group="database")
    if not conf.deploy.http_root:
        conf.set_override("http_root", os.path.join(path, "boot"), group="deploy")
    if not conf.pxe.tftp_root:
        conf.set_override("tftp_root", os.path.join(path, "tftp"), group="pxe")
    if not conf.pxe.images_path:
        conf.set_override("images_path", os.path.join(path, "images"), group="pxe")
    if not conf.agent.deploy_logs_local_path:
        conf.set_override("deploy_logs_local_path", os.path.join(path, "logs"), group="agent")
    if not conf.deploy.http_url:
        conf.set_override("http_url", url(conf.deploy.http_host_ip, conf.deploy.http_port), group="deploy")
    if not conf.api.agents_url:
        conf.set_override("agents_url", url(conf.api.agents_host_ip, conf.api.agents_port), group="api")


def url(host: str, port: int) -> str:
    """Return where something that listens at an address is reached."""
    return f"http://[{host}]:{port}" if ":" in str(host) else f"http://{host}:{port}"
