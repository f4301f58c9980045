"""Section agent: how ramdisks' agents are spoken to, and what is done with what they tell."""

from oslo_config import cfg

OPTS: list[cfg.Opt] = [
    cfg.BoolOpt("require_tls", default=True,
                help="Whether an agent must be reached over TLS; one that says it is not is refused."),
    cfg.ListOpt("allowed_networks", default=[],
                help="Networks (as 127.0.0.0/8) from which agents may call although they are loopback or link-local; "
                     "loopback needs no mention where agents_url is on it."),
    cfg.StrOpt("verify_ca", default="true",
               help="How the TLS certificate of an agent is verified that told none of its own: true (system's "
                    "authorities), false (not at all), or the path of a file of authorities."),
    cfg.IntOpt("command_timeout", default=60, min=1, help="Seconds an agent may take to answer one request."),
    cfg.IntOpt("max_command_attempts", default=3, min=1, help="How often a request is sent when the connection fails."),
    cfg.IntOpt("post_deploy_get_power_state_retries", default=6, min=1,
               help="How often the power is read after an agent was told to switch off, before it is switched hard."),
    cfg.IntOpt("post_deploy_get_power_state_retry_interval", default=5, min=1,
               help="Seconds between those readings."),
    cfg.StrOpt("image_download_source", default="local", choices=["local", "http", "swift"],
               help="Where agents get images: local is from the conductor, which keeps and converts them once; http is "
                    "from the image's own source; swift is from the object store with Glance's images, by a temporary "
                    "URL."),
    cfg.BoolOpt("enable_bios_bootloader_install", default=False,
                help="Whether every agent may install boot loaders. Those of nodes that get a partition image may in "
                     "any case, on BIOS and UEFI, since such an image does not boot otherwise."),
    cfg.BoolOpt("stream_raw_images", default=True,
                help="Whether an agent writes a raw image while it arrives, instead of keeping it in memory first."),
    cfg.StrOpt("deploy_logs_collect", default="on_failure", choices=["always", "on_failure", "never"],
               help="When the agent's logs are kept."),
    cfg.StrOpt("deploy_logs_local_path", default="",
               help="Folder for the agents' logs. Default: logs in state_path."),
    cfg.BoolOpt("manage_agent_boot", default=True, help="Whether the ramdisk is booted by us."),
]
