"""Says something in a group.

    python examples/webhook.py https://chat.example.org/hooks/ID/SECRET "Build 7 is green"

Tried again with the same words within two weeks, it says nothing twice: that is what the key is for.
"""

import json
import sys
import urllib.request

url, text = sys.argv[1:3]
body = json.dumps({"text": text, "key": text}).encode()
request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
with urllib.request.urlopen(request, timeout=30) as reply:
    print(reply.read().decode().strip())
