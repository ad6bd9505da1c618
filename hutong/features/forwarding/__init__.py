"""Passing messages on, copied by the server."""

from hutong.features.forwarding.service import ForwardingService
from hutong.platform.feature import Feature
from hutong.schema import forwarding_pb2

feature = Feature(
    "forwarding", build=ForwardingService, schema=forwarding_pb2.DESCRIPTOR, needs=("identity", "chat")
)
