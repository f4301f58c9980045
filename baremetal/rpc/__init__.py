"""The way between API and conductors: oslo.messaging, ids and plain JSON, faults as facts."""
