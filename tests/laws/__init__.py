"""Laws that translation keeps, whatever comes: properties of generated answers, streams and conversations.

`making*.py` make the examples and know the dialects' wire formats on their own, without a line of the gateway's code.
"""
