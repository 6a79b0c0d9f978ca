"""Do the tests bite? Mutants of the code, each run against the tests that reach its line (`make mutants`)."""
