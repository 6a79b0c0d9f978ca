"""What several dialects need for reading and writing bodies. It knows no dialect."""
