"""The hooks: one file each, a function of the work. ``setup.cfg`` names them; other packages add theirs likewise."""
