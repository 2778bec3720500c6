"""The Python contender of `cargo xtask compare encoder`."""

import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from contender import serve


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


serve({"keras": keras})
