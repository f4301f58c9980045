"""The REST API: a stateless door. Reads SQL, asks conductors over RPC, knows no driver."""
