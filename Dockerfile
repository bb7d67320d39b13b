# A server with what the lock names and nothing else. Hand it your definitions at /definitions, and a volume for /data
# where the runs are in SQLite: docker run -v ./definitions:/definitions:ro -v runs:/data -p 8080:8080 wizard
# Operating (docs/operating.md) says how it is built and gets functions.
FROM python:3.13 AS build
WORKDIR /source
COPY requirements/build.txt requirements/
RUN pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements/build.txt
COPY . .
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /wheels .

FROM python:3.13-slim
COPY requirements/serve.txt /requirements.txt
RUN pip install --no-cache-dir --require-hashes --only-binary :all: -r /requirements.txt
RUN --mount=type=bind,from=build,source=/wheels,target=/wheels pip install --no-cache-dir --no-deps /wheels/*.whl
RUN useradd --create-home wizard && install -d -o wizard /data
USER wizard
WORKDIR /data
ENV WIZARD_HOST=0.0.0.0 WIZARD_STORE=sqlite:////data/runs.db
EXPOSE 8080
ENTRYPOINT ["wizard"]
CMD ["serve", "/definitions"]
