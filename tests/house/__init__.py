"""What holds the house together: floors, sizes, names, tables. Nothing here runs the product."""
