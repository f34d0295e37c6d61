"""Counts what `cargo bench --bench logs -- EVENTS FOLDER` counts, with DuckDB on one thread: duckdb_logs.py FOLDER [THREADS]."""

import sys
import time

import duckdb

folder = sys.argv[1]
threads = int(sys.argv[2]) if len(sys.argv) > 2 else 1
connection = duckdb.connect()
connection.execute(f"SET threads = {threads}")
# Only the members that are grouped by; DuckDB skips the others.
columns = (
    "{'Records': 'STRUCT(eventTime VARCHAR, eventSource VARCHAR, eventName VARCHAR, sourceIPAddress VARCHAR, "
    "readOnly BOOLEAN, managementEvent BOOLEAN, awsRegion VARCHAR, userIdentity STRUCT(arn VARCHAR))[]'}"
)
query = f"""
    SELECT record.userIdentity.arn, record.sourceIPAddress, record.eventSource, record.readOnly,
           count(*), min(record.eventTime), max(record.eventTime)
    FROM (SELECT unnest(Records) AS record
          FROM read_json('{folder}/**/*.json.gz', columns = {columns}, maximum_object_size = 1073741824))
    GROUP BY ALL
"""
started = time.monotonic()
rows = connection.execute(query).fetchall()
taken = time.monotonic() - started
print(f"duckdb {duckdb.__version__}, {threads} threads: {taken:.2f} s, {sum(row[4] for row in rows)} records, {len(rows)} rows")
