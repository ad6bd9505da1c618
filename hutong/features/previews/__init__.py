"""What stands behind a link, fetched by the server so that the site sees none of the readers."""

from hutong.features.previews.service import PreviewsService
from hutong.platform.feature import Feature
from hutong.schema import previews_pb2

feature = Feature("previews", build=PreviewsService, schema=previews_pb2.DESCRIPTOR, needs=("chat", "files"))
