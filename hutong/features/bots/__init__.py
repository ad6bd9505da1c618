"""Accounts that programs use, and addresses that programs post to."""

from hutong.features.bots.service import build
from hutong.platform.feature import Feature
from hutong.schema import bots_pb2

feature = Feature("bots", build=build, schema=bots_pb2.DESCRIPTOR, needs=("identity", "contacts", "chat"))
