"""What a conductor serves to servers that boot: files over HTTP, and DHCP and TFTP by dnsmasq."""
