"""Clients of a cloud's services, where these do not run here: against recorded answers over HTTP."""
