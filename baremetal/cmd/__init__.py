"""Where processes start: the only room that sees both doors. Each file is one command."""
