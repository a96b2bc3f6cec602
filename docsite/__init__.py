"""What the site of the documentation has besides docs/: pages that come from the code, made anew at each build."""
