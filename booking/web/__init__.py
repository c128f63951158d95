"""What only pages and the API need: extensions, who is signed in, errors, reading forms, assets."""
