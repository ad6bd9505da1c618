"""Messages that are sent later."""

from hutong.features.scheduled.service import build
from hutong.platform.feature import Feature
from hutong.schema import scheduled_pb2

feature = Feature(
    "scheduled", build=build, schema=scheduled_pb2.DESCRIPTOR, needs=("chat", "files", "identity")
)
