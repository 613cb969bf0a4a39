"""What a full garbage collection goes through."""

import gc


def settle() -> None:
    """Leave what is there now out of all collections to come; to be called before a model is live.

    Ray and what it imports are a quarter of a million objects that stay for ever. The rows that
    wait for the prediction log bring full collections about, in each of which the process would go
    through all of them and answer nobody.
    """
    gc.collect()
    gc.freeze()
