"""Section ipmi: how the conductor converses with BMCs."""

from oslo_config import cfg

OPTS: list[cfg.Opt] = [
    cfg.IntOpt("command_retry_timeout", default=60, min=1, help="Seconds within which a command must succeed, retries included."),
    cfg.FloatOpt("min_command_interval", default=0, min=0,
                 help="Seconds between two commands to one BMC, for those that cannot bear more."),
    cfg.FloatOpt("session_idle", default=50, min=0, help="Seconds after which an unused session is closed."),
    cfg.IntOpt("breaker_failures", default=3, min=1, help="Failures in a row after which a BMC is left alone for a while."),
    cfg.FloatOpt("breaker_rest", default=30, min=0, help="Seconds for which it is left alone."),
    cfg.IntOpt("max_conversations", default=1024, min=1,
               help="BMCs that one conductor talks to at once; more than [conductor]sync_power_state_workers and "
                    "workers_pool_size together, so that silent ones keep no others waiting."),
    cfg.BoolOpt("disable_boot_timeout", default=True,
                help="Whether the BMC is told to keep a boot device longer than the standard's 60 seconds."),
]
