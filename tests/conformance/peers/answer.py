"""The loop of an adapter in Python: a line in, a line out."""

import json
import sys


class Unsupported(Exception):
    """Says that the implementation has no function for an input."""


def answer(topics):
    """Answers the requests of `capi-bridge conformance`. An exception becomes an output that fails."""
    for line in sys.stdin:
        request = json.loads(line)
        said = {"id": request["id"]}
        call = topics.get(request["topic"])
        try:
            if call is None:
                raise Unsupported
            said["output"] = call(request["input"])
        except Unsupported:
            said["unsupported"] = True
        except Exception as error:
            said["output"] = {"error": repr(error)}
        print(json.dumps(said), flush=True)
