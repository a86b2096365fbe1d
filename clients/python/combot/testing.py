"""Doubles of the clients, for tests that want no daemon. They say that they are doubles wherever they can.

>>> double = ClientDouble({"where is my parcel??": "order_status"}, otherwise="chitchat")
>>> double.classify("where is my parcel??").label
'order_status'
>>> double.calls[0].text
'where is my parcel??'
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Iterable, List, Mapping, Optional, Union

from .answers import Answers, ByModel, Health, LabelScore, Model, Result
from .errors import CombotError, InvalidText
from .options import Item, checked

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .options import Options

#: What a double's answers say of the model that gave them.
NO_MODEL = Model("test-double", "0" * 12)

#: A label, or a whole result.
Answer = Union[str, Result]
Says = Union[Mapping[str, Answer], Callable[[str], Answer]]


@dataclass(frozen=True)
class Call:
    """One text that a double was asked about."""

    text: str
    text_pair: Optional[str]
    options: Mapping[str, Any]


class ClientDouble:
    """In the place of `combot.Client`: answers as it was told to, and keeps what it was asked.

    :param says: the label by text, or a function of the text; a `Result` where more than the label counts.
    :param otherwise: the label of texts that `says` has not.
    """

    is_double = True

    def __init__(self, says: Optional[Says] = None, *, otherwise: str = "test-double") -> None:
        self._says: Says = {} if says is None else says
        self._otherwise = otherwise
        self._failure: Optional[CombotError] = None
        self.calls: List[Call] = []

    def fail(self, failure: Optional[CombotError]) -> None:
        """Every call raises it, until another one, or None, is given: `double.fail(QueueFull("no room"))`."""
        self._failure = failure

    def classify(self, text: str, text_pair: Optional[str] = None, **options: "Unpack[Options]") -> Result:
        checked(options, "classify")
        return self._result(text, text_pair, options)

    def classify_many(self, texts: Iterable[Item], **options: "Unpack[Options]") -> Answers:
        checked(options, "classify_many")
        return Answers(tuple(self._result(*_pair(item), options) for item in texts))

    def classify_by_model(
        self,
        text: str,
        models: Iterable[str],
        text_pair: Optional[str] = None,
        *,
        partial: bool = False,
        **options: "Unpack[Options]",
    ) -> ByModel:
        checked(options, "classify_by_model")
        return ByModel({name: self._result(text, text_pair, {**options, "model": name}) for name in models}, {})

    def classify_many_by_model(
        self, texts: Iterable[Item], models: Iterable[str], *, partial: bool = False, **options: "Unpack[Options]"
    ) -> List[ByModel]:
        checked(options, "classify_many_by_model")
        names = list(models)
        return [
            ByModel({name: self._result(*_pair(item), {**options, "model": name}) for name in names}, {})
            for item in texts
        ]

    def health(self, timeout: Optional[float] = None) -> Health:
        if self._failure is not None:
            raise self._failure
        return Health("ok", version=NO_MODEL.name, raw={"double": True})

    def is_ready(self, timeout: Optional[float] = None) -> bool:
        return self._failure is None

    def close(self) -> None:
        """Nothing is open."""

    def _result(self, text: str, text_pair: Optional[str], options: Mapping[str, Any]) -> Result:
        self.calls.append(Call(text, text_pair, dict(options)))
        if self._failure is not None:
            raise self._failure
        if not text.strip():
            raise InvalidText("text 0: it is empty", status=400, index=0)
        said = self._says(text) if callable(self._says) else self._says.get(text, self._otherwise)
        if isinstance(said, Result):
            return said
        scores = (LabelScore(said, 1.0),) if (options.get("top_k") or 1) > 1 else ()
        decision = "accept" if options.get("min_score") is not None else None
        return Result(said, 1.0, scores=scores, decision=decision, model=NO_MODEL, raw={"double": True})


class AsyncClientDouble:
    """In the place of `combot.aio.AsyncClient`; `sync` is the double that answers."""

    is_double = True

    def __init__(self, says: Optional[Says] = None, *, otherwise: str = "test-double") -> None:
        self.sync = ClientDouble(says, otherwise=otherwise)

    @property
    def calls(self) -> List[Call]:
        return self.sync.calls

    def fail(self, failure: Optional[CombotError]) -> None:
        self.sync.fail(failure)

    async def classify(self, text: str, text_pair: Optional[str] = None, **options: "Unpack[Options]") -> Result:
        return self.sync.classify(text, text_pair, **options)

    async def classify_many(self, texts: Iterable[Item], **options: "Unpack[Options]") -> Answers:
        return self.sync.classify_many(texts, **options)

    async def classify_by_model(
        self,
        text: str,
        models: Iterable[str],
        text_pair: Optional[str] = None,
        *,
        partial: bool = False,
        **options: "Unpack[Options]",
    ) -> ByModel:
        return self.sync.classify_by_model(text, models, text_pair, partial=partial, **options)

    async def classify_many_by_model(
        self, texts: Iterable[Item], models: Iterable[str], *, partial: bool = False, **options: "Unpack[Options]"
    ) -> List[ByModel]:
        return self.sync.classify_many_by_model(texts, models, partial=partial, **options)

    async def health(self, timeout: Optional[float] = None) -> Health:
        return self.sync.health(timeout)

    async def is_ready(self, timeout: Optional[float] = None) -> bool:
        return self.sync.is_ready(timeout)

    async def close(self) -> None:
        """Nothing is open."""


def _pair(item: Item) -> "tuple[str, Optional[str]]":
    return (item, None) if isinstance(item, str) else (item[0], item[1])
