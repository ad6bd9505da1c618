"""Bringing the two devices of an open conversation together, for texts that need not wait for the server."""

from hutong.features.direct.service import DirectService
from hutong.platform.feature import Feature
from hutong.schema import direct_pb2

feature = Feature(
    "direct",
    build=DirectService,
    schema=direct_pb2.DESCRIPTOR,
    needs=("chat", "contacts", "peers", "preferences"),
)
