"""What becomes of a request and of the answer to it. Sans-IO: it knows neither mitmproxy nor sockets."""
