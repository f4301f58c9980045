"""Deploy templates: steps that a deploy gets beside the driver's, by the traits of the instance."""

from baremetal.api.templates import lists, write

__all__ = ["lists", "write"]
