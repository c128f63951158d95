"""What is agreed on with outside users: contracts and their texts."""
