"""Amazon ECR: passwords that AWS sells for twelve hours, by boto3 (API_GetAuthorizationToken)."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import datetime
from typing import Any

from promote.clock import Clock
from promote.errors import RegistryDenied, RegistryError, RegistryUnreachable
from promote.registry.once import Once
from promote.registry.settings import Credentials

# ACCOUNT.dkr.ecr.REGION.amazonaws.com, with -fips and China; ACCOUNT.dkr-ecr.REGION.on.aws speaks IPv6 too.
_HOST = re.compile(
    r"[0-9]{12}\.dkr[.-]ecr(?P<fips>-fips)?\.(?P<region>[a-z]{2,4}(?:-[a-z0-9]+)+)\."
    r"(?:amazonaws\.(?:com|com\.cn|eu)|on\.aws|on\.amazonwebservices\.com\.cn)"
)
_MARGIN = 300.0
_SHORTEST = 60.0  # what is kept at least, lest a clock that is ahead has each request ask AWS first
_CURE = "sign in to AWS as its other tools need it, or use docker-credential-ecr-login"


def _client(region: str, *, fips: bool) -> Any:
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=5,
        read_timeout=10,
        retries={"total_max_attempts": 3, "mode": "standard"},
        use_fips_endpoint=fips or None,
    )
    return boto3.session.Session().client("ecr", region_name=region, config=config)


def _asked(host: str, region: str, *, fips: bool) -> tuple[str, datetime]:
    """The token that AWS sells for `region`, and when it ends."""
    from botocore import exceptions

    try:
        answer = _client(region, fips=fips).get_authorization_token()
        data = answer["authorizationData"][0]
        return str(data["authorizationToken"]), data["expiresAt"]
    # Not chained, here and below: boto3's own words may name keys. The kind of the error says enough.
    except exceptions.ClientError as error:
        code = re.sub(r"[^A-Za-z0-9._-]", "", str(error.response.get("Error", {}).get("Code", "")))[:100]
        raise RegistryDenied(f"AWS sells no token for it ({code})", where=host, cure=_CURE) from None
    except (exceptions.HTTPClientError, exceptions.ConnectionError) as error:
        what = f"AWS did not answer when asked for a token ({type(error).__name__})"
        raise RegistryUnreachable(what, where=host, cure="check the network and the region") from None
    except (exceptions.BotoCoreError, ValueError) as error:
        raise RegistryDenied(f"boto3 gets no token for it ({type(error).__name__})", where=host, cure=_CURE) from None
    except (LookupError, TypeError):
        raise _unusable(host) from None


def _unusable(host: str) -> RegistryError:
    return RegistryUnreachable(
        "AWS sent no usable token for it", where=host, cure="check AWS_ENDPOINT_URL, if it is set"
    )


class Ecr:
    """Sells the credentials for private registries of ECR; each is kept until five minutes before it ends.

    AWS is not asked again for what it has refused.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept = Once[str, Credentials](lambda sold: sold.have_ended(clock.monotonic()))

    def find(self, host: str) -> Credentials | None:
        """Credentials for `host`, or None where it is no private registry of ECR; RegistryDenied without boto3."""
        matched = _HOST.fullmatch(host)
        if matched is None:
            return None
        region, fips = matched["region"], matched["fips"] is not None
        return self._kept.get(host, lambda: self._buy(host, region, fips=fips))

    def _buy(self, host: str, region: str, *, fips: bool) -> Credentials:
        try:
            import boto3  # noqa: F401 (asked for by itself, so that its own faults are not taken for its absence)
        except ModuleNotFoundError as error:
            raise RegistryDenied(
                "is Amazon ECR, and promote has no credentials for it",
                where=host,
                cure="run `pip install 'gitops-promote[aws]'`, or use docker-credential-ecr-login",
            ) from error
        asked_at = self._clock.monotonic()
        token, ends = _asked(host, region, fips=fips)
        try:
            username, colon, password = base64.b64decode(token, validate=True).decode().partition(":")
            lasts = (ends - self._clock.now()).total_seconds()
        except (binascii.Error, UnicodeError, ValueError, TypeError, AttributeError):
            raise _unusable(host) from None
        if not (username and colon and password):
            raise _unusable(host)
        until = asked_at + max(_SHORTEST, lasts - _MARGIN)
        return Credentials(username, password, until=until, source="boto3")
