"""Reactions to messages."""

from hutong.features.reactions.service import ReactionsService
from hutong.platform.feature import Feature
from hutong.schema import reactions_pb2

feature = Feature("reactions", build=ReactionsService, schema=reactions_pb2.DESCRIPTOR, needs=("chat",))
