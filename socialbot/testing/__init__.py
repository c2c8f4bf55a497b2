"""What a network adapter is proved against: loopback fakes of the networks."""
