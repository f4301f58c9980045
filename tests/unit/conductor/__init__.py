"""Parts of the conductor by themselves."""
