"""Our service as its users meet it: started with ./run, spoken to by clients that we did not write."""
