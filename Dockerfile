# The gate as a container: for the GitHub Action, for GitLab jobs and for any `docker run`.
# The base image is an argument, so that you can pin its digest or use your own mirror.
ARG BASE=python:3.13-slim

FROM ${BASE} AS build
# Another package index, such as a mirror behind a firewall; the hashes of all packages are checked whatever it sends.
ARG PIP_INDEX_URL
WORKDIR /build
COPY requirements/build.txt requirements/run.txt requirements/
RUN python3 -m venv tools \
 && tools/bin/pip install --quiet --no-cache-dir --disable-pip-version-check --require-hashes -r requirements/build.txt \
 && python3 -m venv --without-pip /opt/scan-gate \
 && tools/bin/pip --python /opt/scan-gate/bin/python3 install --quiet --no-cache-dir --no-compile \
      --disable-pip-version-check --require-hashes --only-binary :all: -r requirements/run.txt
COPY pyproject.toml README.md LICENSE ./
COPY gate gate
# Of the commit; docker buildx takes it from the environment. With it, the wheel is that of a release.
ARG SOURCE_DATE_EPOCH
# Compiled here, since the container may run read-only and as any user.
RUN tools/bin/pip wheel --quiet --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation \
      --wheel-dir wheel . \
 && tools/bin/pip --python /opt/scan-gate/bin/python3 install --quiet --no-cache-dir --no-compile \
      --disable-pip-version-check --no-deps wheel/*.whl \
 # Isolated: no variable PYTHON..., no folder of the job and no home folder changes what the gate imports.
 && sed -i '1s|.*|#!/opt/scan-gate/bin/python3 -IuB|' /opt/scan-gate/bin/scan-gate \
 && /opt/scan-gate/bin/python3 -m compileall -q --invalidation-mode unchecked-hash /opt/scan-gate/lib

FROM ${BASE}
ARG BASE
ARG REVISION=""
LABEL org.opencontainers.image.title="scan-gate" \
      org.opencontainers.image.description="Waits for the cloud's own scan of container images and decides whether a release may go out" \
      org.opencontainers.image.version="0.2.0" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="${BASE}"
COPY --from=build /opt/scan-gate /opt/scan-gate
ENV PATH="/opt/scan-gate/bin:${PATH}"
RUN scan-gate --version
# No USER: the output files belong to the user of GitHub's runner, which is root. Any other user works as well.
# No CMD: without a command, the gate prints its usage and exits with 2; a default command that exits with 0 would pass.
ENTRYPOINT ["/opt/scan-gate/bin/scan-gate"]
