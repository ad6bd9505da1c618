"""Conversations between two people or in a small group."""

from hutong.features.chat.service import build
from hutong.platform.feature import Feature
from hutong.schema import chat_pb2

feature = Feature("chat", build=build, schema=chat_pb2.DESCRIPTOR, needs=("identity", "contacts", "files"))
