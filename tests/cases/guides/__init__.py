"""Programs in the manner of guides and textbooks: what these rely on without a name of its own.

Nothing in them draws random numbers, so that two libraries compute alike.
"""
