FROM python:3.13-slim

RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/weaudit weaudit
WORKDIR /opt/weaudit
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes --requirement requirements.lock
COPY pyproject.toml README.md LICENSE .env.example ./
COPY crypto crypto
COPY service service
COPY handlers handlers
RUN pip install --no-cache-dir --no-deps --no-build-isolation .

USER weaudit
WORKDIR /var/lib/weaudit
# The database and its key, if DATABASE_URL is the default one.
VOLUME /var/lib/weaudit
ENV HOST=0.0.0.0 PORT=8000 CONSOLE_HOST=0.0.0.0
EXPOSE 8000 8001
# Of up and web. The others serve nobody: they end when they cannot go on, and `weaudit status` shows whether they work.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s \
  CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/readyz', timeout=4)"]
CMD ["weaudit", "up"]
