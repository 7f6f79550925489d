"""What WeChat tells us, kept safely: endpoint, messages, inbox, queue topology, relay, stored state."""
