"""What is stored about a person: told, handed out, put right, erased."""
