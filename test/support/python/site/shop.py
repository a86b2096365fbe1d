"""A Django project in one file, for gunicorn: `gunicorn shop:application`."""

import json
import os

import django
from combot import CombotError
from combot.django import client, views
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.http import require_POST

settings.configure(
    ALLOWED_HOSTS=["*"],
    COMBOT=json.loads(os.environ["SHOP_COMBOT"]),
    INSTALLED_APPS=["combot.django"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="of a test",
)
django.setup()

# Before gunicorn forks: with --preload, each worker inherits this client and the connection that it has open.
PRELOADED = client().classify("where is my parcel??").label


@require_POST
def intent(request):
    try:
        answer = client().classify(request.body.decode(), user=request.headers["X-User"], no_cache=True)
    except CombotError as failure:
        return HttpResponse(str(failure), status=502)
    return JsonResponse({"label": answer.label, "pid": os.getpid()})


urlpatterns = [path("intent/", intent), path("health/", views.health)]
application = get_wsgi_application()
