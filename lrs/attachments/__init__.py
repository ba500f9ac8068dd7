"""Attachments' data: kept once a tenant and hash, outside ClickHouse."""
