"""A text's label: what Hugging Face's pipeline does with one text, on Debian's torch."""

import json
import os

import torch

from encoder import BertClassifier
from weights import read_weights
from word_piece import WordPiece

torch.set_num_threads(1)


class Classifier:
    """Loads the model of a folder: config.json, tokenizer.json, model.safetensors."""

    def __init__(self, folder):
        with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
            config = json.load(file)
        self._labels = config["id2label"]
        self._tokenizer = WordPiece(os.path.join(folder, "tokenizer.json"), config["max_position_embeddings"])
        self._model = BertClassifier(config)
        self._model.load_state_dict(read_weights(os.path.join(folder, "model.safetensors")))
        self._model.eval()

    def classify(self, text):
        """The likeliest label and its probability."""
        ids = torch.tensor([self._tokenizer.encode(text)])
        with torch.inference_mode():
            scores = torch.softmax(self._model(ids)[0], dim=-1)
        score, at = torch.max(scores, dim=-1)
        return {"label": self._labels[str(at.item())], "score": score.item()}
