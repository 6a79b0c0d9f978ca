"""Programs that use one application or framework each; they run in its environment, and print what came of it."""
