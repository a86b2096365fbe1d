"""Reads float32 weights from a file in Hugging Face's safetensors format: its header's length, a JSON header, the data."""

import json

import numpy
import torch


def read_weights(path):
    """A tensor for each name; load_state_dict copies them, as transformers' from_pretrained does."""
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        start = file.tell()
    header.pop("__metadata__", None)
    data = numpy.memmap(path, mode="c", offset=start)
    return {name: tensor_of(data, **entry) for name, entry in header.items()}


def tensor_of(data, dtype, shape, data_offsets):
    if dtype != "F32":
        raise ValueError(f"{dtype}: float32 alone is read")
    begin, end = data_offsets
    return torch.from_numpy(data[begin:end].view(numpy.float32).reshape(shape))
