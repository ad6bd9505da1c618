"""What is mine here: what takes space, a copy of all of it, and the end of the account."""

from hutong.features.belongings.service import build
from hutong.platform.feature import Feature
from hutong.schema import belongings_pb2

feature = Feature(
    "belongings",
    build=build,
    schema=belongings_pb2.DESCRIPTOR,
    needs=("identity", "chat", "files", "preferences"),
)
