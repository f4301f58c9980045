"""The API room in one process: real application, real database, a bus with a conductor's end that notes its calls."""
