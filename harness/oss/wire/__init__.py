"""OSS over HTTP: parse a request, ask the store, write the answer. One file per family of operations."""
