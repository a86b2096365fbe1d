"""What the daemon answers, as docs/http.md and GET /api/openapi.json have it, in Python's names."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple, Union, overload

from ._order import RawReply, json_of, problem_of
from .errors import CombotError, ReplyInvalid, class_of


@dataclass(frozen=True)
class LabelScore:
    label: str
    score: float


@dataclass(frozen=True)
class Model:
    name: str
    #: The first 12 hex digits.
    digest: str


@dataclass(frozen=True)
class Result:
    """The answer to one text."""

    label: str
    #: 0 to 1; of a regression model the number that it gives.
    score: float
    #: The best labels, best first, where `top_k` is above 1.
    scores: Tuple[LabelScore, ...] = ()
    #: "memory", "redis", or None where a worker computed it.
    cached: Optional[str] = None
    #: Computed once together with an equal text that was in flight.
    coalesced: bool = False
    #: The text was longer than the model's window, and was cut.
    truncated: bool = False
    #: "accept", "ambiguous" or "unsure", where thresholds were given with the call or in the model's combot.json.
    decision: Optional[str] = None
    #: With a decision: how far the first label is ahead of the second.
    margin: Optional[float] = None
    #: Where ambiguous: the labels that are as near.
    alternatives: Tuple[LabelScore, ...] = ()
    #: With a decision, of labels that stand by themselves: those that reach their threshold.
    accepted: Tuple[LabelScore, ...] = ()
    #: The one that answered.
    model: Optional[Model] = None
    #: The result as it came, with what a newer daemon may have added.
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class Answers(Sequence[Result]):
    """The results of one call, in the order of its texts."""

    results: Tuple[Result, ...]
    duration_ms: Optional[float] = None
    request_id: Optional[str] = None

    @overload
    def __getitem__(self, at: int) -> Result: ...

    @overload
    def __getitem__(self, at: slice) -> Tuple[Result, ...]: ...

    def __getitem__(self, at: Union[int, slice]) -> Union[Result, Tuple[Result, ...]]:
        return self.results[at]

    def __len__(self) -> int:
        return len(self.results)

    def __iter__(self) -> Iterator[Result]:
        return iter(self.results)


@dataclass(frozen=True)
class Health:
    """Whether the daemon can answer; over TCP without a token, the status alone."""

    #: "ok", "degraded" (it answers all the same) or "unhealthy".
    status: str
    #: By part: model, redis, database, memory.
    checks: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    version: Optional[str] = None
    uptime_seconds: Optional[float] = None
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def is_serving(self) -> bool:
        return self.status in ("ok", "degraded")


class ByModel(Dict[str, Result]):
    """What each of several models says of one text, by the names that they were asked by."""

    #: With `partial`: why the others could not be asked. To ask for the result of one raises its problem.
    problems: Dict[str, CombotError]

    def __init__(self, results: Mapping[str, Result], problems: Mapping[str, CombotError]) -> None:
        super().__init__(results)
        self.problems = dict(problems)

    def __missing__(self, name: str) -> Result:
        raise self.problems.get(name) or KeyError(name)


def answers_of(reply: RawReply) -> Answers:
    """:raises ReplyInvalid:"""
    json = json_of(reply)
    with _fitting(reply):
        model = _model_of(json.get("model"))
        results = tuple(_result_of(result, model) for result in json["results"])
        return Answers(results, json.get("durationMs"), reply.request_id)


def by_model_of(reply: RawReply) -> List[ByModel]:
    """:raises ReplyInvalid:"""
    json = json_of(reply)
    with _fitting(reply):
        models = {name: _model_of(told) for name, told in json.get("models", {}).items()}
        return [_one_by_model(result["byModel"], models) for result in json["results"]]


def health_of(reply: RawReply) -> Health:
    """:raises ReplyInvalid:"""
    json = json_of(reply)
    if isinstance(json, dict) and "code" in json:
        raise problem_of(reply)
    with _fitting(reply):
        checks: Dict[str, Mapping[str, str]] = json.get("checks", {})
        return Health(json["status"], checks, json.get("version"), json.get("uptimeSeconds"), raw=json)


@contextmanager
def _fitting(reply: RawReply) -> Iterator[None]:
    try:
        yield
    except (KeyError, TypeError, AttributeError) as cause:
        raise ReplyInvalid(
            f"the reply does not fit: {cause!r}", status=reply.status, request_id=reply.request_id
        ) from cause


def _one_by_model(json: Mapping[str, Mapping[str, Any]], models: Mapping[str, Optional[Model]]) -> ByModel:
    results = {name: _result_of(told, models.get(name)) for name, told in json.items() if "code" not in told}
    return ByModel(results, {name: _problem_of(told) for name, told in json.items() if "code" in told})


def _problem_of(json: Mapping[str, Any]) -> CombotError:
    code, status = json["code"], json.get("status")
    return class_of(code, status)(json["detail"], code=code, status=status, index=json.get("index"))


def _model_of(json: Optional[Mapping[str, Any]]) -> Optional[Model]:
    return None if json is None else Model(json["name"], json["digest"])


def _result_of(json: Mapping[str, Any], model: Optional[Model]) -> Result:
    return Result(
        label=json["label"],
        score=json["score"],
        scores=_scores_of(json.get("scores", ())),
        cached=json["cached"] or None,
        coalesced=json.get("coalesced", False),
        truncated=json.get("truncated", False),
        decision=json.get("decision"),
        margin=json.get("margin"),
        alternatives=_scores_of(json.get("alternatives", ())),
        accepted=_scores_of(json.get("accepted", ())),
        model=model,
        raw=json,
    )


def _scores_of(json: Sequence[Mapping[str, Any]]) -> Tuple[LabelScore, ...]:
    return tuple(LabelScore(item["label"], item["score"]) for item in json)
