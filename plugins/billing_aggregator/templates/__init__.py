"""Scripts as templates: closed syntax, plain values, and a text in which they are filled in."""
