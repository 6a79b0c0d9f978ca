"""Documents kept by key for their owners. It knows neither requests nor what is in them."""
