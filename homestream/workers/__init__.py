"""Processes that read untrusted bytes and encode, shut in, limited and replaceable."""
