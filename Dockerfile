# The service: docker build -t longshelf .
# An artifact and a file of API keys come from outside:
#   docker run -p 8080:8080 -e LONGSHELF_KEY -v ./artifact:/artifact:ro -v events:/var/lib/longshelf \
#     -v ./api_keys:/run/secrets/api_keys:ro longshelf
# Search by meaning needs the encoder: --build-arg EXTRAS=serve,deep, and where torch is to come
# from, the address of its CPU builds: --build-arg TORCH_INDEX=...
FROM python:3.11-slim AS build
ARG EXTRAS=serve,postgres,redis
ARG TORCH_INDEX=
WORKDIR /source
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY src src
RUN python -m venv /opt/longshelf \
 && /opt/longshelf/bin/pip install --no-cache-dir -c constraints.txt \
      ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} ".[$EXTRAS]"

FROM python:3.11-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends libgomp1 \
 && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/longshelf longshelf
COPY --from=build /opt/longshelf /opt/longshelf
ENV PATH=/opt/longshelf/bin:$PATH \
    PYTHONUNBUFFERED=1
USER longshelf
WORKDIR /var/lib/longshelf
VOLUME ["/var/lib/longshelf"]
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/health', timeout=2)"]
ENTRYPOINT ["longshelf", "serve"]
CMD ["/artifact", "--host", "0.0.0.0", "--events", "/var/lib/longshelf/events.db", "--api-keys", "/run/secrets/api_keys"]
