"""Connects to Security Center: region, endpoint, credentials and signature, from the settings and the environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.clouds.alibaba.api import AlibabaCloud
from gate.clouds.alibaba.error_response import read
from gate.clouds.alibaba.options import REGION_VARIABLES, SOURCES
from gate.clouds.alibaba.regions import endpoint
from gate.clouds.alibaba.selection import Selection
from gate.clouds.alibaba.signature import KeyPairAuth
from gate.clouds.api_client import Api, ApiClient
from gate.clouds.credentials import first_of
from gate.clouds.regions import place
from gate.errors import UsageError

if TYPE_CHECKING:
    from gate.clouds.interface import Connection


def connect(connection: Connection) -> AlibabaCloud:
    """See `CloudProvider.connect`."""
    settings = connection.settings
    region = settings.region or first_of(connection.environ, REGION_VARIABLES)
    if not region and not settings.endpoint:
        raise UsageError(
            "No region is given.",
            means="Security Center has two planes that know nothing of each other; the region tells which is meant.",
            remedy="Give --region, such as cn-hangzhou or ap-southeast-1.",
        )
    credentials = connection.credentials(SOURCES, takes_token=False)
    auth = KeyPairAuth(credentials, connection.time_of_day.now)
    api = Api(base_url=settings.endpoint or endpoint(region), auth=auth, secrets=credentials.secrets, read=read)
    selection, where = Selection.from_options(settings.for_cloud), place(region, settings.endpoint)
    return AlibabaCloud(ApiClient(api, connection), selection, connection.time_of_day.now, where)
