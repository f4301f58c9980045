"""The API told as data: cases, golden key sets, and what drives them against any endpoint."""
