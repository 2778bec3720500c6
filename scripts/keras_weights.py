"""Weights of a dense autoencoder from Keras (`.weights.h5`, or `.h5` of the model or of its weights) as safetensors, for
`n2d fit ... --set dense.weights=FILE --set dense.hidden=[...]`.

    pip install h5py numpy
    python keras_weights.py autoencoder.weights.h5 autoencoder.safetensors

Tried with the files of Keras 3.15 (both endings). The layers must be the dense ones of encoder and decoder, in their order, the same
number for each; the script prints their widths.
"""

import json
import re
import struct
import sys

import h5py
import numpy as np


def pairs(file):
    """Kernel and bias of each dense layer, in order."""
    root = file["model_weights"] if "model_weights" in file else file
    if "layer_names" in root.attrs:
        text = lambda name: name.decode() if isinstance(name, bytes) else name
        for layer in map(text, root.attrs["layer_names"]):
            arrays = [root[layer][text(name)] for name in root[layer].attrs["weight_names"]]
            if arrays:
                yield arrays
    elif "layers" in root:
        # Not the order of the file, which is that of the alphabet: dense, dense_1, dense_10, dense_2.
        number = lambda name: int(re.search(r"(\d*)$", name).group() or 0)
        for layer in sorted(root["layers"], key=number):
            arrays = root["layers"][layer]["vars"]
            if len(arrays):
                yield [arrays[str(i)] for i in range(len(arrays))]
    else:
        sys.exit("this is no file of Keras weights: it has neither layer_names nor layers")


def main(source, target):
    try:
        opened = h5py.File(source)
    except OSError as error:
        sys.exit(f"{source}: {error}")
    with opened as file:
        layers = [[np.asarray(array, dtype="<f4") for array in pair] for pair in pairs(file)]
    if not layers:
        sys.exit("no layer with weights is on its first level: models within a model must be saved one by one")
    for pair in layers:
        if [array.ndim for array in pair] != [2, 1]:
            sys.exit(f"every layer must be a dense one with a bias, but one has {[array.shape for array in pair]}")
    if len(layers) % 2:
        sys.exit(f"encoder and decoder must have as many layers each, but there are {len(layers)} in all")
    half = len(layers) // 2
    arrays = {}
    for i, (kernel, bias) in enumerate(layers):
        part = f"encoder.{i}" if i < half else f"decoder.{i - half}"
        arrays[f"{part}.weight"], arrays[f"{part}.bias"] = kernel, bias
    header, data = {}, b""
    for name, array in arrays.items():
        begin = len(data)
        data += array.tobytes()
        header[name] = {"dtype": "F32", "shape": array.shape, "data_offsets": [begin, len(data)]}
    header = json.dumps(header).encode()
    header += b" " * (-len(header) % 8)
    with open(target, "wb") as file:
        file.write(struct.pack("<Q", len(header)) + header + data)
    widths = [layers[0][0].shape[0]] + [kernel.shape[1] for kernel, _ in layers]
    print("widths:", " - ".join(map(str, widths)))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
