"""Links that let people into groups."""

from hutong.features.invites.service import build
from hutong.platform.feature import Feature
from hutong.schema import invites_pb2

feature = Feature("invites", build=build, schema=invites_pb2.DESCRIPTOR, needs=("identity", "chat"))
