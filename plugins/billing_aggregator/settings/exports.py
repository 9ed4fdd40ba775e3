"""Which options of an export are settings of a deployment."""

from __future__ import annotations

# The others differ from one export to the next: systems.yaml and the run say them.
EXPORT_VARIABLES = {
    "BDA_MAX_ROW_SIZE_FILE": "max_rows_per_file",
    "BDA_EXPORT_CONNECTIONS": "connections",
    "BDA_EXPORT_COMPRESSION": "compression",
    "BDA_EXPORT_DIALECT": "dialect",
    "BDA_EXPORT_DELIMITER": "delimiter",
    "BDA_EXPORT_QUOTE": "quote",
    "BDA_EXPORT_NULL": "null",
    "BDA_EXPORT_ENCODING": "encoding",
    "BDA_EXPORT_DECIMAL_COMMA": "decimal_comma",
    "BDA_EXPORT_HEADER": "header",
    "BDA_EXPORT_IF_EMPTY": "if_empty",
    "BDA_EXPORT_ON_SCHEMA_CHANGE": "on_schema_change",
    "BDA_EXPORT_SSE": "sse",
    "BDA_EXPORT_KMS_KEY_ID": "kms_key_id",
    "BDA_EXPORT_TAGS": "tags",
    "BDA_EXPORT_METADATA": "metadata",
    "BDA_EXPORT_PART_BYTES": "part_bytes",
}
