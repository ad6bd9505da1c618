"""Pictures made on the spot: nothing is downloaded, nothing is a photo of anybody."""
