"""The demonstration: a team of stand-ins, a voice, and the whole house between them."""
