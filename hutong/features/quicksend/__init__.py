"""Files for somebody without an account: a mailbox for two, found by a short number."""

from hutong.features.quicksend.service import QuickSendService
from hutong.platform.feature import Feature
from hutong.schema import quicksend_pb2

feature = Feature("quicksend", build=QuickSendService, schema=quicksend_pb2.DESCRIPTOR)
