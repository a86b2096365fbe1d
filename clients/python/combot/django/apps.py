from __future__ import annotations

from django.apps import AppConfig


class CombotConfig(AppConfig):
    """Tells Django's checks of the setting COMBOT. There are no models, templates or migrations."""

    name = "combot.django"
    label = "combot"
    verbose_name = "combot"

    def ready(self) -> None:
        from . import checks  # noqa: F401
