"""Introducing two devices to each other."""

from hutong.features.peers.service import PeersService
from hutong.platform.feature import Feature
from hutong.schema import peers_pb2

feature = Feature("peers", build=PeersService, schema=peers_pb2.DESCRIPTOR)
