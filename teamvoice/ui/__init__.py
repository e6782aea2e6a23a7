"""Terminal faces. They reach the daemon through its socket, and never hold it up."""
