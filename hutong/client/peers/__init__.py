"""Direct paths to other devices, over WebRTC (aiortc)."""
