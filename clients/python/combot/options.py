"""What a call may say beside its texts."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Literal, Mapping, Optional, Sequence, Tuple, TypedDict, Union

#: A text, or two that the model reads together: `(text, text_pair)`.
Item = Union[str, Tuple[str, str]]


class Options(TypedDict, total=False):
    """Keywords of all that classifies. Left out or None: the daemon's default."""

    #: Whoever asks, 1 to 256 bytes; the daemon keeps a keyed hash of it.
    user: Optional[str]
    #: A model of COMBOT_MODELS_DIR, in the place of the default one.
    model: Optional[str]
    #: How many labels `scores` has.
    top_k: Optional[int]
    #: What the first label's score must reach to be accepted.
    min_score: Optional[float]
    #: How far it must be ahead of the second.
    min_margin: Optional[float]
    #: Only these labels are eligible.
    candidates: Optional[Sequence[str]]
    #: By label, in the place of `min_score`.
    thresholds: Optional[Mapping[str, float]]
    #: Zero-shot: labels of your own, for a model that tells whether one text follows from another.
    labels: Optional[Sequence[str]]
    #: With `labels`: what is said of the text, {} standing for the label.
    template: Optional[str]
    #: With `labels`: each may be right or not by itself.
    multi_label: Optional[bool]
    #: Compute, whatever the cache holds.
    no_cache: Optional[bool]
    #: "batch" takes what "interactive" leaves.
    priority: Optional[Literal["interactive", "batch"]]
    #: Seconds, in the place of the client's own.
    timeout: Optional[float]
    #: What the daemon's log is to know this call by.
    request_id: Optional[str]
    #: Of the trace that this call is part of (W3C Trace Context).
    traceparent: Optional[str]


#: As the daemon names them; the others are this client's own.
FIELDS: Mapping[str, str] = {
    "user": "user",
    "model": "model",
    "top_k": "topK",
    "min_score": "minScore",
    "min_margin": "minMargin",
    "candidates": "candidates",
    "thresholds": "thresholds",
    "labels": "labels",
    "template": "template",
    "multi_label": "multiLabel",
    "no_cache": "noCache",
    "priority": "priority",
}
OWN = ("timeout", "request_id", "traceparent")


def checked(options: Mapping[str, Any], method: str) -> None:
    """:raises TypeError: for a keyword that there is not, as Python does."""
    for name in options:
        if name not in FIELDS and name not in OWN:
            raise TypeError(f"{method}() got an unexpected keyword argument {name!r}")


def body_for(text: Dict[str, Any], options: Mapping[str, Any]) -> Dict[str, Any]:
    """The call as the daemon takes it."""
    body = dict(text)
    for name, field in FIELDS.items():
        value = options.get(name)
        if value is not None:
            body[field] = _plain(value)
    return body


def _plain(value: Any) -> Any:
    """Sets, tuples and views are lists to JSON; a string is no list of letters."""
    if isinstance(value, Mapping):
        return dict(value)
    return value if isinstance(value, (str, int, float)) else list(value)


def texts_of(items: Iterable[Item]) -> Dict[str, List[Any]]:
    if isinstance(items, str):
        raise TypeError("texts: a list of them is wanted; classify() takes one")
    return {"texts": [item if isinstance(item, str) else {"text": item[0], "textPair": item[1]} for item in items]}


def text_of(text: str, text_pair: Optional[str]) -> Dict[str, Any]:
    if not isinstance(text, str):
        raise TypeError("text: a string is wanted; classify_many() takes several")
    return {"text": text} if text_pair is None else {"text": text, "textPair": text_pair}
