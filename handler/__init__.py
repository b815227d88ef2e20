"""What is deployed: a video lands in OSS, exactly one GIF task is created for it, and its TaskId is on record."""
