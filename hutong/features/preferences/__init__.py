"""What a person set, the same on all of their devices: preferences and drafts."""

from hutong.features.preferences.service import PreferencesService
from hutong.platform.feature import Feature
from hutong.schema import preferences_pb2

feature = Feature(
    "preferences", build=PreferencesService, schema=preferences_pb2.DESCRIPTOR, needs=("chat", "identity")
)
