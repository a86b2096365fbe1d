"""Products and sessions of combot's shared cache, from any backend. Needs redis-py: pip install redis

    python3 shared_cache.py unix:///run/combot-redis/redis.sock put session 42 '{"step": 3}'
    python3 shared_cache.py unix:///run/combot-redis/redis.sock get session 42

With Django: a Redis from django_redis.get_redis_connection() does in the place of Redis.from_url().
"""

import json
import sys

from redis import Redis

# A product is kept for an hour; a session until 30 minutes after it was last written or asked for.
TTL_SECONDS = {"product": 3600, "session": 1800}


class SharedCache:
    def __init__(self, redis):
        self.redis = redis

    def put(self, namespace, key, value):
        self.redis.set(name_of(namespace, key), json.dumps(value), ex=TTL_SECONDS[namespace])

    def get(self, namespace, key):
        name = name_of(namespace, key)
        slides = namespace == "session"
        value = self.redis.getex(name, ex=TTL_SECONDS[namespace]) if slides else self.redis.get(name)
        return None if value is None else json.loads(value)

    def delete(self, namespace, key):
        return self.redis.unlink(name_of(namespace, key)) > 0


def name_of(namespace, key):
    return f"combot:{namespace}:{key}"


if __name__ == "__main__":
    url, command, namespace, key = sys.argv[1:5]
    cache = SharedCache(Redis.from_url(url))
    if command == "put":
        cache.put(namespace, key, json.loads(sys.argv[5]))
    else:
        print(json.dumps(getattr(cache, command)(namespace, key)))
