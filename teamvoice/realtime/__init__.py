"""The wire: a Realtime session over WebSocket."""
