"""The page at `/` for a browser. Loaded when one asks for it: a gateway that nobody looks at does without."""
