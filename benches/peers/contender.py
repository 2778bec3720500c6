"""What the Python contenders of `cargo xtask compare` share: jobs from stdin, a line of JSON each, and an answer to each.

A job has a method, a .npy file, perhaps a number of rows and a file for the result, and options; the answer has the seconds that the
work took and what came out.
"""

import json
import sys
import time

import numpy as np

FILES = {}


def load(file, rows):
    if (file, rows) not in FILES:
        FILES.clear()
        FILES[file, rows] = np.ascontiguousarray(np.load(file)[:rows])
    return FILES[file, rows]


def timed(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def serve(methods):
    for line in sys.stdin:
        job = json.loads(line)
        try:
            x = load(job["file"], job.get("rows"))
            seconds, result = methods[job["method"]](x, job["options"])
            if not isinstance(result, str):
                if job.get("out"):
                    np.save(job["out"], np.asarray(result, dtype=np.float32, order="C"))
                result = ""
            answer = {"seconds": seconds, "result": result}
        except Exception as error:  # whatever goes wrong is the caller's to show
            answer = {"error": repr(error)}
        print(json.dumps(answer), flush=True)
