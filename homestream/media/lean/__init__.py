"""Files of the common formats read by their headers and tags alone, without FFmpeg and mutagen.

What is in order is taken and nothing else: whatever is out of the ordinary raises `Unusual`, and
the file is read in the long way, which decodes. What is taken is told as that one tells it.
"""
