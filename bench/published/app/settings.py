"""What a classify endpoint needs of Django: no database, no sessions, no users."""

import os

DEBUG = False
SECRET_KEY = "of a benchmark"
ALLOWED_HOSTS = ["localhost"]
ROOT_URLCONF = "urls"
# Sets Content-Length, without which gunicorn sends a reply in chunks.
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
USE_I18N = False
USE_TZ = True

# Of this benchmark: the folder of the model, and Redis' socket; without one nothing is cached.
MODEL_DIR = os.environ["MODEL_DIR"]
REDIS_SOCKET = os.environ.get("REDIS_SOCKET", "")

ANSWERS_KEPT_SECONDS = 2 * 60 * 60

if REDIS_SOCKET:
    CACHES = {
        "default": {
            "BACKEND": "django_redis.cache.RedisCache",
            "LOCATION": f"unix://{REDIS_SOCKET}?db=0",
            "TIMEOUT": ANSWERS_KEPT_SECONDS,
        }
    }
