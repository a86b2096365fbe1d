"""Two sync workers, recycled after a thousand requests."""

import os

# A worker a core: with more than one thread in each they would only take the cores from one another. torch multiplies
# with OpenBLAS, whose threads are not torch's to set.
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

wsgi_app = "wsgi"
bind = f"unix:{os.environ['SOCKET']}"
workers = 2
worker_class = "sync"
max_requests = int(os.environ["MAX_REQUESTS"])
# gunicorn's settings page: "This is intended to stagger worker restarts to avoid all workers restarting at the same time."
max_requests_jitter = max_requests // 10
preload_app = os.environ["PRELOAD"] == "1"
# gunicorn's FAQ: a heartbeat file on a disk can block a worker.
worker_tmp_dir = "/dev/shm"
# Each worker's start is a line in it.
loglevel = "info"


def post_worker_init(worker):
    """The application is there, and with it the model."""
    worker.log.info("Worker serves, with pid: %s", worker.pid)
