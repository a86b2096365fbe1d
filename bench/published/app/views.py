import json
from hashlib import md5

from django.conf import settings
from django.core.cache import cache
from django.http import JsonResponse
from django.views.decorators.http import require_POST

from classifier import Classifier

classifier = Classifier(settings.MODEL_DIR)


@require_POST
def classify(request):
    try:
        text = json.loads(request.body)["text"]
    except (ValueError, KeyError, TypeError):
        return JsonResponse({"error": "a JSON object with a text is wanted"}, status=400)
    if not isinstance(text, str) or text == "":
        return JsonResponse({"error": "the text is no string, or empty"}, status=400)
    return JsonResponse(cached_answer(text) if settings.REDIS_SOCKET else classifier.classify(text))


def cached_answer(text):
    """Out of Redis by the MD5 of the text, or computed and put there."""
    key = md5(text.encode()).hexdigest()
    answer = cache.get(key)
    if answer is None:
        answer = classifier.classify(text)
        cache.set(key, answer)
    return answer
