"""Every implementation of every socket keeps the socket's promises, on a device that its ``needs`` name."""
