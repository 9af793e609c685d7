# Opens sealed pushes with Python's `cryptography`: a JSON list of {key, iv, encrypted} on stdin, the list of what they say on stdout.

import base64
import json
import sys

from cryptography.hazmat.primitives.ciphers.aead import AESGCM


def opened(sealed):
    key, iv, encrypted = (
        base64.b64decode(sealed[name], validate=True) for name in ("key", "iv", "encrypted")
    )
    return json.loads(AESGCM(key).decrypt(iv, encrypted, None).decode("utf-8"))


json.dump([opened(sealed) for sealed in json.load(sys.stdin)], sys.stdout)
