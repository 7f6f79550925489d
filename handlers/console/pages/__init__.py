"""What each page of the console reads: one file a page, from the store to what its template shows."""
