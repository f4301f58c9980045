"""Bad input over HTTP against the running service: what must be refused, how it is said, and what must not be said."""
