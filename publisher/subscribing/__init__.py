"""Who a subscriber is, what may become of one, and the links that only they should have."""
