"""What the scenarios of ./sluice bench share: servers under test, load tools, measures, results."""
