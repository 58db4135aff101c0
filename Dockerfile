# The server in a container: docker build -t paintgraph . (compose.yaml runs it).
# With models that want torch: docker build --build-arg EXTRAS='[diffusion,grounded-sam]' -t paintgraph .
FROM python:3.11-slim-bookworm AS wheel
WORKDIR /source
COPY . .
RUN pip wheel --no-cache-dir --no-deps -w /wheel .

FROM python:3.11-slim-bookworm
ARG EXTRAS=
# What OpenCV needs; Debian keeps one version of a release, so none is named.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends libgl1 libglib2.0-0 \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 10001 --user-group --create-home paintgraph \
    && install -d -o paintgraph -g paintgraph /data /models
COPY --from=wheel /wheel /wheel
COPY constraints.txt /wheel/
RUN pip install --no-cache-dir -c /wheel/constraints.txt "$(ls /wheel/paintgraph-*.whl)$EXTRAS" \
    && python -c 'import rembg' # compiles once what would else be compiled at every start
ENV PAINTGRAPH_DATA_DIR=/data \
    PAINTGRAPH_MODELS_DIR=/models \
    REMBG_HOME=/models/rembg \
    HF_HOME=/models/huggingface \
    PAINTGRAPH_HOST=0.0.0.0 \
    PAINTGRAPH_PORT=7866
VOLUME /data /models
USER 10001:10001
WORKDIR /data
EXPOSE 7866
HEALTHCHECK --start-period=60s CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f\"http://127.0.0.1:{os.environ['PAINTGRAPH_PORT']}/livez\", timeout=5)"]
ENTRYPOINT ["paintgraph"]
CMD ["serve"]
