"""The neutral form that every dialect is decoded to and encoded from. It knows no dialect, no model and no HTTP."""
