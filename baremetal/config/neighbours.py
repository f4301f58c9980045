"""Sections of the services beside us in a cloud: glance, neutron, cinder, swift, service_catalog. All are off by default.

How each is reached and logged in to are keystoneauth's own options (auth_type, auth_url, username, endpoint_override …),
registered by ``register`` under the names that it gives them; what stands here as lists is what it does not have.
"""

from keystoneauth1 import loading
from oslo_config import cfg

#: section: the type of the service in the catalog
TYPES = {"glance": "image", "neutron": "network", "cinder": "block-storage", "swift": "object-store",
         "service_catalog": "baremetal"}
#: the way to log in whose options the sample shows
USUAL = "password"
#: what keystoneauth leaves open: how long is waited, and how often something is tried again
PATIENCE = {"timeout": 45, "connect_retries": 2, "status_code_retries": 2, "valid_interfaces": ["internal", "public"]}
#: section: option of keystoneauth, and what operators know it as
KNOWN_AS = {"glance": {"status-code-retries": "num_retries"}, "cinder": {"status-code-retries": "retries"},
            "neutron": {"status-code-retries": "retries", "timeout": "request_timeout"}}

GLANCE: list[cfg.Opt] = [
    cfg.StrOpt("swift_temp_url_key", secret=True,
               help="Key of temporary URLs of the account that has Glance's images. Default: the account's own."),
    cfg.IntOpt("swift_temp_url_duration", default=1200, min=60, help="Seconds for which a temporary URL of an image is good."),
    cfg.StrOpt("swift_endpoint_url",
               help="URL of the object store that has Glance's images, without version. Default: that of section swift."),
    cfg.StrOpt("swift_api_version", default="v1", help="Version in temporary URLs of images."),
    cfg.StrOpt("swift_account",
               help="Account that has Glance's images. Default: swift_account_prefix and the project of section swift."),
    cfg.StrOpt("swift_account_prefix", default="AUTH", help="What stands before a project's id in the name of its account."),
    cfg.StrOpt("swift_container", default="glance", help="Container that has Glance's images."),
    cfg.IntOpt("swift_store_multiple_containers_seed", default=0, min=0, max=32,
               help="As Glance's own option of that name: so many digits of an image's id end its container's name."),
]

#: section agent, for the network's own agents are meant
AGENTS: list[cfg.Opt] = [
    cfg.IntOpt("neutron_agent_poll_interval", default=2, min=1,
               help="Seconds between looks at whether an agent of Neutron is up."),
    cfg.IntOpt("neutron_agent_max_attempts", default=100, min=1,
               help="How often it is looked whether an agent of Neutron is up."),
]

#: section DEFAULT
CHECKS: list[cfg.Opt] = [
    cfg.BoolOpt("ignore_project_check_for_admin_tasks", default=True,
                help="Whether an image of Glance is used that its credentials see, though the node's project may not."),
]

#: section deploy
DRIVES: list[cfg.Opt] = [
    cfg.BoolOpt("configdrive_use_object_store", default=False,
                help="Whether config drives go to agents by way of the object store, under a temporary URL."),
]

#: section conductor
STORED: list[cfg.Opt] = [
    cfg.StrOpt("configdrive_swift_container", default="ironic_configdrive_container",
               help="Container for config drives in the object store."),
    cfg.IntOpt("configdrive_swift_temp_url_duration", min=60,
               help="Seconds for which a config drive is kept there. Default: 1800."),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Register keystoneauth's options for each of the sections, without those of the ways to log in.

    Of these some are required, which would hold for services that nobody uses as well; keystoneauth registers them when
    it loads the way that ``auth_type`` names.
    """
    for section, kind in TYPES.items():
        known = {option: [cfg.DeprecatedOpt(name, group=section)] for option, name in KNOWN_AS.get(section, {}).items()}
        loading.register_session_conf_options(conf, section, deprecated_opts=known)
        loading.register_auth_conf_options(conf, section)
        loading.register_adapter_conf_options(conf, section, deprecated_opts=known)
        for option, value in {**PATIENCE, "service_type": kind}.items():
            conf.set_default(option, value, section)


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """Return keystoneauth's options for the sample."""
    options = [*loading.get_auth_common_conf_options(), *loading.get_auth_plugin_conf_options(USUAL),
               *loading.get_session_conf_options(), *loading.get_adapter_conf_options(include_deprecated=False)]
    known = {option.dest: option for option in options}
    return [(section, list(known.values())) for section in TYPES]
