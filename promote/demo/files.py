"""The files of the sandbox's GitOps repository: one app in kustomize, one in Helm values, three environments."""

from __future__ import annotations

from collections.abc import Iterator

REGISTRY = "registry.example.com"
ENVIRONMENTS = ("dev", "test", "prod")
# Tags and when they were made; what promote must not take is among them.
IMAGES = {
    "acme/web": {
        "1.4.0": "2026-03-02T09:00:00Z",
        "1.4.1": "2026-03-09T09:00:00Z",
        "1.5.0": "2026-03-16T09:00:00Z",
        "1.6.0-rc.1": "2026-03-20T09:00:00Z",
        "2.0.0": "2026-03-23T09:00:00Z",
        "latest": "2026-03-23T09:00:00Z",
    },
    "acme/api": {
        "main-7-0c1d2e3": "2026-03-03T10:00:00Z",
        "main-12-9f8e7d6": "2026-03-12T10:00:00Z",
        "main-101-4a5b6c7": "2026-03-18T10:00:00Z",
        "pr-55-aaaaaaa": "2026-03-19T10:00:00Z",
    },
    # No app of promote.yaml: for `promote tags` with policies of one's own.
    "acme/jobs": {
        "2025.12.1": "2025-12-08T11:00:00Z",
        "2026.03.9": "2026-03-09T11:00:00Z",
        "2026.03.10": "2026-03-16T11:00:00Z",
        "2026.04.0-rc": "2026-03-23T11:00:00Z",
        "2026.13.1": "2026-03-24T11:00:00Z",
        "nightly": "2026-03-24T11:00:00Z",
    },
}

_PROMOTE = f"""\
version: 1
apps:
  web:
    image: {REGISTRY}/acme/web
    policy: {{semver: "^1.4"}}              # 1.x from 1.4 on; no prereleases
  api:
    image: {REGISTRY}/acme/api
    policy:
      filter: {{match: '^main-(?P<n>[0-9]+)-[0-9a-f]+$', extract: '{{n}}'}}
      order: numeric                       # main-101 is newer than main-12
environments:
  dev:  {{path: envs/dev, auto: true}}       # fed by the registry
  test: {{path: envs/test, from: dev, auto: true}}
  prod: {{path: envs/prod, from: test}}
registries:
  {REGISTRY}: {{layout: ../images}}   # OCI layouts on disk stand in for the registry
"""

_DEPLOYMENT = f"""\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector:
    matchLabels: {{app: web}}
  template:
    metadata:
      labels: {{app: web}}
    spec:
      containers:
        - name: web
          image: {REGISTRY}/acme/web
"""

_BASE = """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - deployment.yaml
"""

_OVERLAY = f"""\
# {{environment}}: every comment and every space here outlives a promotion
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: {{environment}}
resources:
- ../../../base/web
images:
- name: {REGISTRY}/acme/web
  newTag: 1.4.0      # written by promote
"""

_VALUES = f"""\
# Helm values of api in {{environment}}
replicas: {{replicas}}
image: {{{{repository: {REGISTRY}/acme/api, tag: "main-7-0c1d2e3"}}}}   # flow style, quoted: kept so
resources:
    limits: {{{{cpu: 500m, memory: 256Mi}}}}
"""


def files() -> Iterator[tuple[str, str]]:
    """`(path, text)` of every file."""
    yield "promote.yaml", _PROMOTE
    yield "base/web/deployment.yaml", _DEPLOYMENT
    yield "base/web/kustomization.yaml", _BASE
    for number, environment in enumerate(ENVIRONMENTS, 1):
        yield f"envs/{environment}/web/kustomization.yaml", _OVERLAY.format(environment=environment)
        yield f"envs/{environment}/api/values.yaml", _VALUES.format(environment=environment, replicas=number)
