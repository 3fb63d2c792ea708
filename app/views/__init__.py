"""Views by audience: read the request, call one domain function, pick the reply."""
