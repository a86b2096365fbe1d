"""Asks a combot daemon, over its Unix socket or HTTP.

>>> from combot import Client
>>> client = Client()
>>> client.classify("where is my parcel??", user="42").label
'order_status'

`combot.aio` has the same for asyncio, `combot.django` what Django wants, `combot.testing` a double for tests.
"""

__version__ = "0.2.0"

from .answers import Answers, ByModel, Health, LabelScore, Model, Result
from .client import Client
from .errors import CombotError, Failed, Refused, Unavailable
from .options import Item, Options

__all__ = [
    "Answers",
    "ByModel",
    "Client",
    "CombotError",
    "Failed",
    "Health",
    "Item",
    "LabelScore",
    "Model",
    "Options",
    "Refused",
    "Result",
    "Unavailable",
]
