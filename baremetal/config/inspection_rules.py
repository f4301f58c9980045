"""Section inspection_rules: what operators' rules do with agents' reports."""

from oslo_config import cfg

OPTS: list[cfg.Opt] = [
    cfg.StrOpt("built_in_rules", help="A YAML file with a list of rules that run beside those of the API."),
    cfg.StrOpt("mask_secrets", default="always", choices=["always", "never", "sensitive"],
               help="Whether rules see passwords and tokens masked: always, never, or unless the rule is sensitive."),
]
