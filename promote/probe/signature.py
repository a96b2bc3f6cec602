"""`signature`: `cosign verify` on every image by its digest; a tag can move between the check and the cluster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from promote.errors import Refused
from promote.gates.signature import SignatureCheck
from promote.probe.files import Files
from promote.probe.run import search_path
from promote.probe.running import Running
from promote.probe.saying import last_line
from promote.question import Probe, Probed

_SECONDS = 60.0
_CAP = 4 << 20
_PROGRAM = "cosign"

# name: why cosign needs it
KEPT: Mapping[str, str] = {
    "HOME": "the credentials of registries, and what it keeps of Sigstore's roots",
    "XDG_CONFIG_HOME": "as HOME",
    "XDG_RUNTIME_DIR": "podman's credentials",
    "DOCKER_CONFIG": "the credentials of registries",
    "REGISTRY_AUTH_FILE": "podman's credentials",
    "TUF_ROOT": "where it keeps Sigstore's roots",
    "COSIGN_REPOSITORY": "where signatures are, if not beside the image",
    "SSL_CERT_FILE": "the authorities to trust",
    "SSL_CERT_DIR": "as SSL_CERT_FILE",
    "http_proxy": "the way out",
    "https_proxy": "the way out",
    "HTTP_PROXY": "the way out",
    "HTTPS_PROXY": "the way out",
    "no_proxy": "and what is inside",
    "NO_PROXY": "and what is inside",
    "GOOGLE_APPLICATION_CREDENTIALS": "credentials of Google's registries",
    "TMPDIR": "where temporary files belong here",
}
KEPT_PREFIXES: Mapping[str, str] = {
    "AWS_": "credentials of Amazon's registries",
    "AZURE_": "credentials of Azure's registries",
    "SIGSTORE_": "where Sigstore's roots and logs are, if they are one's own",
}


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in environ.items() if name in KEPT or name.startswith(tuple(KEPT_PREFIXES))}
    return {**kept, "PATH": search_path(environ), "LANG": "C.UTF-8"}


def _options(check: SignatureCheck, key: Path | None) -> Iterator[str]:
    if key is not None:
        yield f"--key={key}"
    if check.identity is not None:
        yield f"--certificate-identity={check.identity}"
    if check.identity_regexp is not None:
        yield f"--certificate-identity-regexp={check.identity_regexp}"
    if check.issuer is not None:
        yield f"--certificate-oidc-issuer={check.issuer}"
    if not check.tlog:
        yield "--insecure-ignore-tlog=true"
    for name, value in check.annotations:
        yield f"--annotations={name}={value}"


def _key(check: SignatureCheck, files: Files) -> Path | None:
    if check.key is None:
        return None
    data = files.read(check.key.removeprefix("./"))
    path = files.room("key") / "key.pub"
    path.write_bytes(data)
    return path


def _by_digest(question: Probe) -> tuple[str, ...]:
    """Every image by its digest; Refused where one has none."""
    if not question.images:
        what = f"{question.app} names no image, so there is no signature to look for"
        raise Refused(what, cure="name its image, or leave the gate out")
    for repository, version in question.images:
        if version.digest is None:
            raise Refused(
                f"the digest of {repository}:{version.short} is not known, and only that is signed",
                cure=f"set `pin: both` for {question.app} in {question.environment}, and let registries be asked",
            )
    return tuple(f"{repository}@{version.digest}" for repository, version in question.images)


def probed(
    check: SignatureCheck, question: Probe, files: Files, environ: Mapping[str, str], running: Running
) -> Probed:
    """Passed where cosign finds the signature on every image; Refused where it cannot be asked."""
    images = _by_digest(question)
    options = tuple(_options(check, _key(check, files)))
    for image in images:
        finished = running.run(
            (_PROGRAM, "verify", *options, "--", image),
            cwd=None,
            env=_environment(environ),
            seconds=_SECONDS,
            cap_bytes=_CAP,
        )
        if finished.cut is not None:
            why = f"did not end within {_SECONDS:.0f}s" if finished.cut == "deadline" else "was ended"
            return Probed("failed", f"cosign {why} for {image}; check that its registry and Sigstore answer")
        if finished.code != 0:
            told = last_line(finished.stdout, finished.stderr)
            return Probed("failed", f"cosign finds no signature as asked on {image}: {told or finished.code}")
    return Probed("passed", f"signed: {', '.join(images)}")
