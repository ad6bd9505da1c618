"""Full text search in conversations, and for the people one knows."""

from hutong.features.search.service import build
from hutong.platform.feature import Feature
from hutong.schema import search_pb2

feature = Feature("search", build=build, schema=search_pb2.DESCRIPTOR, needs=("chat", "contacts", "identity"))
