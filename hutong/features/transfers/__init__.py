"""Files handed from device to device."""

from hutong.features.transfers.service import TransfersService
from hutong.platform.feature import Feature
from hutong.schema import transfers_pb2

feature = Feature(
    "transfers", build=TransfersService, schema=transfers_pb2.DESCRIPTOR, needs=("chat", "files", "peers")
)
