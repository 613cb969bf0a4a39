"""Protocols, all of them other people's: bytes in, columns out; scores in, bytes out.

Nothing here knows about HTTP. Columns are still to be checked by the signature.
"""
