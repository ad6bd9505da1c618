"""Messages that a conversation keeps in sight."""

from hutong.features.pins.service import PinsService
from hutong.platform.feature import Feature
from hutong.schema import pins_pb2

feature = Feature("pins", build=PinsService, schema=pins_pb2.DESCRIPTOR, needs=("chat",))
