"""Drivers: sockets (one file each) and, by whom they speak to, the implementations that fit into them."""
