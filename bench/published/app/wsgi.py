import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
application = get_wsgi_application()

# Django imports views with the first request; the model is to be there before that.
import views  # noqa: E402, F401
