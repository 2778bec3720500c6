"""The Python contender of `cargo xtask compare encoder`."""

import multiprocessing
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


def torch(x, options, fused=True):
    import torch

    torch.manual_seed(0)
    widths = [x.shape[1], *options["hidden"], options["latent_dim"], *reversed(options["hidden"]), x.shape[1]]
    layers = []
    for i, (n_in, n_out) in enumerate(zip(widths, widths[1:])):
        layers.append(torch.nn.Linear(n_in, n_out))
        # None behind the latents, nor behind the reconstruction.
        if i not in (len(options["hidden"]), len(widths) - 2):
            layers.append(torch.nn.ReLU())
    model = torch.nn.Sequential(*layers)
    optimizer = torch.optim.Adam(model.parameters(), fused=fused)
    rows = torch.from_numpy(x)

    def train(rows, epochs):
        total = 0.0
        for _ in range(epochs):
            order = torch.randperm(len(rows))
            total = 0.0
            for batch in order.split(options["batch_size"]):
                batch = rows[batch]
                optimizer.zero_grad(set_to_none=True)
                loss = torch.nn.functional.mse_loss(model(batch), batch)
                loss.backward()
                optimizer.step()
                total += loss.item() * len(batch)
        return total / len(rows)

    train(rows[: options["batch_size"]], 1)
    start = time.perf_counter()
    loss = train(rows, options["n_epochs"])
    seconds = time.perf_counter() - start
    return seconds, f"{len(x) * options['n_epochs'] / seconds:.0f} samples/s, loss {loss:.4f}"


def torch_unfused(x, options):
    return torch(x, options, fused=False)


def torch_flushed(x, options):
    """With subnormal numbers taken for zero; in a process of its own, as threads have this from the one that starts them."""
    with multiprocessing.get_context("spawn").Pool(1, initializer=flush) as pool:
        return pool.apply(torch, (x, options))


def flush():
    import torch

    torch.set_flush_denormal(True)


if __name__ == "__main__":
    serve({"keras": keras, "torch": torch, "torch-unfused": torch_unfused, "torch-flushed": torch_flushed})
