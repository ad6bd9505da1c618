"""Packs of stickers."""

from hutong.features.stickers.service import StickersService
from hutong.platform.feature import Feature
from hutong.schema import stickers_pb2

feature = Feature("stickers", build=StickersService, schema=stickers_pb2.DESCRIPTOR, needs=("files",))
