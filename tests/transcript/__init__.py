"""What is shown of bodies."""
