# The scoring service, with its model and without torch: docker build -t threadwise .
FROM python:3.11-slim AS build
WORKDIR /src
COPY . .
RUN python -m venv /app && /app/bin/pip install --no-cache-dir --constraint requirements/dev.txt '.[serve]'

FROM python:3.11-slim
COPY --from=build /app /app
# All that is written lies on the volume: the database of SQLite, and the compiled model, which may be lost.
ENV PATH=/app/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    XDG_CACHE_HOME=/data/cache \
    THREADWISE_HOST=0.0.0.0 \
    THREADWISE_PORT=8000 \
    THREADWISE_DATABASE=sqlite:////data/threadwise.db
RUN useradd --system --uid 10001 --home-dir /data --create-home threadwise
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["threadwise"]
CMD ["serve"]
