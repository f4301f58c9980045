"""baremetal: a control plane that runs fleets of physical servers like a cloud."""
