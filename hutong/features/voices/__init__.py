"""Voice messages between formats: browsers play Opus, WeChat's files are SILK v3."""

from hutong.features.voices.service import VoicesService
from hutong.platform.feature import Feature
from hutong.schema import voices_pb2

feature = Feature("voices", build=VoicesService, schema=voices_pb2.DESCRIPTOR, needs=("files",))
