"""Who knows whom."""

from hutong.features.contacts.service import ContactsService
from hutong.platform.feature import Feature
from hutong.schema import contacts_pb2

feature = Feature("contacts", build=ContactsService, schema=contacts_pb2.DESCRIPTOR, needs=("identity",))
