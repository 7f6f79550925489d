"""The processes of weaudit: web, relay, worker, clock and console, one file each, and `up`, all of them in one."""
