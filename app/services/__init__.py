"""What the agents ask: a file a service, a room for what each is made of, the providers, and how they are asked."""
