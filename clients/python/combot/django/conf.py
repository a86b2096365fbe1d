"""The setting COMBOT of Django, which is a dictionary; all of it may be left out."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional

#: What the clients call them.
PARAMETERS = {
    "SOCKET": "socket",
    "URL": "url",
    "TOKEN": "token",
    "TIMEOUT": "timeout",
    "RETRIES": "retries",
    "RESTART_WAIT": "restart_wait",
    "POOL_SIZE": "pool_size",
}
KEYS = (*PARAMETERS, "TOKEN_FILE", "DOUBLE")
#: Well below the 30 s after which gunicorn ends a worker.
TIMEOUT = 10.0


def given() -> Mapping[str, Any]:
    from django.conf import settings

    told: Mapping[str, Any] = getattr(settings, "COMBOT", {})
    return told


def parameters_of() -> Dict[str, Any]:
    """For a client. :raises ImproperlyConfigured:"""
    from django.core.exceptions import ImproperlyConfigured

    told = given()
    found = faults_of(told)
    if found:
        raise ImproperlyConfigured("; ".join(found))
    parameters = {PARAMETERS[key]: value for key, value in told.items() if key in PARAMETERS}
    if "TOKEN_FILE" in told:
        parameters["token"] = _reader(told["TOKEN_FILE"])
    return {"timeout": TIMEOUT, **parameters}


def double_of() -> Optional[Mapping[str, str]]:
    """Labels by text, where a double is wanted; None where it is not."""
    double = given().get("DOUBLE", False)
    if double is False:
        return None
    return {} if double is True else double


def faults_of(told: object) -> List[str]:
    """A line for each fault, as `manage.py check` tells them."""
    if not isinstance(told, Mapping):
        return ["COMBOT: a dictionary is wanted"]
    unknown = [f"COMBOT: there is no {key}; there are {', '.join(KEYS)}" for key in told if key not in KEYS]
    double = told.get("DOUBLE", False)
    if not isinstance(double, (bool, Mapping)):
        unknown.append("COMBOT: DOUBLE is True, or a dictionary of labels by text")
    if "TOKEN" in told and "TOKEN_FILE" in told:
        unknown.append("COMBOT: give either TOKEN or TOKEN_FILE")
    return unknown or _faults_of_values(told)


def _faults_of_values(told: Mapping[str, Any]) -> List[str]:
    from ..client import Client

    try:
        Client(**{PARAMETERS[key]: value for key, value in told.items() if key in PARAMETERS})
        if "TOKEN_FILE" in told:
            _reader(told["TOKEN_FILE"])()
    except (ValueError, TypeError) as fault:
        return [f"COMBOT: {fault}"]
    except OSError as fault:
        return [f"COMBOT: TOKEN_FILE: {fault.strerror}: {fault.filename}"]
    return []


def _reader(file: Any) -> Any:
    """Read for each call: whoever changes it need restart nothing."""

    def read() -> str:
        with open(file, encoding="ascii") as opened:
            return opened.read().strip()

    return read
