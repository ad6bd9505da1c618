"""Accounts, devices, profiles."""

from hutong.features.identity.service import build
from hutong.platform.feature import Feature
from hutong.schema import identity_pb2

feature = Feature("identity", build=build, schema=identity_pb2.DESCRIPTOR)
