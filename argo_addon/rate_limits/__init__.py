"""How much each user may ask for: requests a minute, tokens a day, streams at once (docs/decisions/0030).

It knows no request and no dialect: who asks says what a call may take, and tells when it is over.
"""
