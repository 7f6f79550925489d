"""`make bench`: weaudit beside a bare endpoint and what people build today, on this machine, in turns."""
