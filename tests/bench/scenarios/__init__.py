"""One module for each scenario: `run(plan)` gives rows and the raw results they come from."""
