"""WSGI layers around the application: request ids, body bounds, credentials."""
