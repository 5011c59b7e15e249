//! The tables, and how databases of earlier releases get them.

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AnyPool, SqlSafeStr};

use super::Database;

/// Which migrations a database has had. sqlx's usual name may be another program's.
const TABLE: &str = "enhancer_migrations";

/// A migration of both databases. What was released must stay as it is: sqlx compares
/// checksums, and refuses a database that had another text.
macro_rules! migration {
    ($version:literal, $name:literal) => {
        (
            $version,
            $name,
            include_str!(concat!("../../../migrations/sqlite/", $name, ".sql")),
            include_str!(concat!("../../../migrations/postgres/", $name, ".sql")),
        )
    };
}

const MIGRATIONS: [(i64, &str, &str, &str); 2] =
    [migration!(1, "0001_jobs"), migration!(2, "0002_queue")];

/// Brings the tables to what this release expects. Of several processes that start
/// together, one does it and the others wait.
///
/// # Errors
/// If a migration fails, or a later release has been here.
pub(super) async fn migrate(
    pool: &AnyPool,
    database: Database,
) -> Result<(), sqlx::migrate::MigrateError> {
    let migrations = MIGRATIONS.map(|(version, name, sqlite, postgres)| {
        let sql = match database {
            Database::Sqlite => sqlite,
            Database::Postgres => postgres,
        };
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    });
    let mut migrator = Migrator::with_migrations(migrations.into());
    migrator.dangerous_set_table_name(TABLE);
    migrator.run(pool).await
}
