"""What is known of models: facts by family and version, ARGO's list, and how it is fetched."""
