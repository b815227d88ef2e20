"""From video files to GIFs: what the services that make them have in common.

A file is opened by video.py (tracks.py picks its track), lively.py finds the part to show, pictures.py makes its
frames fit to be looked at (colors.py, tone.py), gif.py writes them; animation.py makes the GIF that was asked for
(wanted.py) instead. rendering.py does that in another process.
"""
