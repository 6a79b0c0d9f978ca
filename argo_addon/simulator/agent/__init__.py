"""What the simulated model says and calls. Knows no wire format: it takes an `Ask` and gives a `Turn`."""
