"""Stored files: uploaded in chunks, read by whoever was given them."""

from hutong.features.files.service import build
from hutong.platform.feature import Feature
from hutong.schema import files_pb2

feature = Feature("files", build=build, schema=files_pb2.DESCRIPTOR, needs=("identity",))
