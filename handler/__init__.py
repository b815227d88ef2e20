"""What is deployed: a video lands in OSS, exactly one GIF task is created for it, and its TaskId is on record."""

import warnings

# requests guesses encodings with charset-normalizer. Nobody here asks for a guess, and it takes 3 MiB of memory
# and 5 % of a cold start, so the package leaves it out; then requests warns, and guesses UTF-8.
warnings.filterwarnings("ignore", message="Unable to find acceptable character detection dependency")
