"""A word to browsers whose page is not open (Web Push)."""

from hutong.features.push.service import build
from hutong.platform.feature import Feature
from hutong.schema import push_pb2

feature = Feature("push", build=build, schema=push_pb2.DESCRIPTOR, needs=("chat", "identity", "preferences"))
