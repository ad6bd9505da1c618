"""Calls between two people."""

from hutong.features.calls.service import build
from hutong.platform.feature import Feature
from hutong.schema import calls_pb2

feature = Feature("calls", build=build, schema=calls_pb2.DESCRIPTOR, needs=("chat", "peers"))
