"""What deploy/ has for whoever runs gateways for a group."""
