"""Other tools on the same input."""


def rows(estate, options):
    return []
