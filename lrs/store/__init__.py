"""ClickHouse: client, cluster, migrations, and the tables of folds."""
