"""Commands for people, that reach the house over HTTP only, as anybody's program does."""
