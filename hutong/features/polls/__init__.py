"""Votes on the polls that stand in conversations."""

from hutong.features.polls.service import PollsService
from hutong.platform.feature import Feature
from hutong.schema import polls_pb2

feature = Feature("polls", build=PollsService, schema=polls_pb2.DESCRIPTOR, needs=("chat",))
