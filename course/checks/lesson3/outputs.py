"""Points for one of several outputs: a part may ask for some of them by name."""


def by_output(*names):
    """Return an `adapt` for an exercise whose answer returns these outputs.

    Each input then has one more argument at its end, a text with the names of the
    outputs that count; the others are None. A result that isn't made of that many
    outputs stays as it is, and the check says so.
    """

    def adapt(answer):
        def chosen(*args):
            *args, wanted = args
            got = answer(*args)
            if not isinstance(got, tuple | list) or len(got) != len(names):
                return got
            pairs = zip(names, got, strict=True)
            return tuple(value if name in wanted else None for name, value in pairs)

        return chosen

    return adapt
