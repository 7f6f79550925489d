"""WeChat's endpoints, one file a chapter of its documentation, and the table of all."""
