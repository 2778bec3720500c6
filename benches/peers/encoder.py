"""The Python contender of `cargo xtask compare encoder`: reads jobs from stdin, a line of JSON each, and answers each.

A job has a method, a .npy file and options; the answer has the seconds that the training took and what came out.
"""

import json
import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

FILES = {}


def load(file):
    if file not in FILES:
        FILES.clear()
        FILES[file] = np.load(file)
    return FILES[file]


def keras(x, options):
    import keras

    keras.utils.set_random_seed(0)
    rows = layer = keras.Input((x.shape[1],))
    for width in options["hidden"]:
        layer = keras.layers.Dense(width, activation="relu")(layer)
    layer = keras.layers.Dense(options["latent_dim"])(layer)
    for width in reversed(options["hidden"]):
        layer = keras.layers.Dense(width, activation="relu")(layer)
    model = keras.Model(rows, keras.layers.Dense(x.shape[1])(layer))
    model.compile(optimizer="adam", loss="mse")
    train = lambda rows, epochs: model.fit(rows, rows, batch_size=options["batch_size"], epochs=epochs, verbose=0)
    # What is compiled once is not counted.
    train(x[: options["batch_size"]], 1)
    start = time.perf_counter()
    history = train(x, options["n_epochs"])
    seconds = time.perf_counter() - start
    rate = len(x) * options["n_epochs"] / seconds
    return seconds, f"{rate:.0f} samples/s, loss {history.history['loss'][-1]:.4f}"


METHODS = {"keras": keras}

for line in sys.stdin:
    job = json.loads(line)
    try:
        seconds, result = METHODS[job["method"]](load(job["file"]), job["options"])
        answer = {"seconds": seconds, "result": result}
    except Exception as error:  # whatever goes wrong is the caller's to show
        answer = {"error": repr(error)}
    print(json.dumps(answer), flush=True)
