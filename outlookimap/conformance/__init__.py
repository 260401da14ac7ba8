"""What is proven, and where: for now the index that joins every statement with its code, values and tests."""
