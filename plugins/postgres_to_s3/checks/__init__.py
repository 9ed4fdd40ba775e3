"""What is compared: columns with the last export, sums with the warehouse, a published export with its manifest."""
