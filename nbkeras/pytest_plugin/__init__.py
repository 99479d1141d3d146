"""`pytest --nbkeras`: notebooks are run, and what they show is compared with what is stored in them.

`pytest_nbkeras` beside the package has the options, and imports this one where it is asked for.
"""
