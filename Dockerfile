# Web, worker and beat are this one image; compose.yaml says which of them a container is.
FROM python:3.11-slim-bookworm

# Pango for WeasyPrint; the Chinese font comes with requirements.lock.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 1000 --create-home dunwell \
    && install -d -o dunwell -g dunwell /var/lib/dunwell

WORKDIR /srv/dunwell
COPY requirements.lock .
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY . .

ENV DJANGO_SETTINGS_MODULE=config.settings.production \
    PYTHONUNBUFFERED=1

# Static files are part of the image. The command needs settings that load, not the real secrets: it makes some and
# forgets them.
ENV STATIC_ROOT=/srv/dunwell/static
RUN key() { python -c 'import base64, secrets; print(base64.b64encode(secrets.token_bytes(32)).decode())'; } \
    && ALLOWED_HOSTS=build DATABASE_URL=postgres://build@localhost/build CELERY_BROKER_URL=memory:// VAR_DIR=/tmp/build \
       SECRET_KEY="$(key)" FIELD_KEYS="$(key)" BLIND_INDEX_KEY="$(key)" SIGNING_KEY="$(key)" \
       python manage.py collectstatic --noinput --verbosity 0

USER dunwell
EXPOSE 8000
CMD ["gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000", "--workers", "3", "--threads", "4"]
