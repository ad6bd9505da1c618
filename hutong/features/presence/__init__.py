"""Who is here now, as far as they let it be known."""

from hutong.features.presence.service import PresenceService
from hutong.platform.feature import Feature
from hutong.schema import presence_pb2

feature = Feature(
    "presence",
    build=PresenceService,
    schema=presence_pb2.DESCRIPTOR,
    needs=("identity", "contacts", "preferences"),
)
