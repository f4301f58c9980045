"""Nova's driver for bare metal, unmodified and in an environment of its own, against our service."""
