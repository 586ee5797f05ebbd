# homestream in a container: not root, nothing to write but the one volume.
#
#   docker build -t homestream .
#   docker run --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges \
#     -p 4747:4747 -v homestream:/data -v /srv/music:/music:ro homestream
#
# Discovery by mDNS needs the home's network: use --network host instead of -p.

FROM python:3.12.8-slim-bookworm AS build
WORKDIR /src
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
COPY requirements requirements
RUN python -m venv /opt/homestream \
 && /opt/homestream/bin/pip install --quiet --require-hashes -r requirements/run.lock \
 && python -m venv /opt/build \
 && /opt/build/bin/pip install --quiet --require-hashes \
      -r requirements/build.lock -r requirements/node.lock
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY web web
COPY homestream homestream
RUN PATH=/opt/build/bin:$PATH /opt/build/bin/pip wheel --quiet --no-deps --no-build-isolation \
      --wheel-dir /wheel . \
 && /opt/homestream/bin/pip install --quiet --no-deps /wheel/*.whl

FROM python:3.12.8-slim-bookworm
COPY --from=build /opt/homestream /opt/homestream
RUN useradd --system --uid 4747 --home-dir /data --shell /usr/sbin/nologin homestream \
 && install -d -o homestream -g homestream -m 700 /data
ENV PATH=/opt/homestream/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    HOMESTREAM_DATA_PATH=/data \
    HOMESTREAM_LIBRARY_0_NAME=Music \
    HOMESTREAM_LIBRARY_0_PATH=/music
USER 4747:4747
VOLUME ["/data"]
EXPOSE 4747
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:4747/health', timeout=4)"]
ENTRYPOINT ["homestream"]
CMD ["serve"]
