//! The tables, and the migration of older databases.

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AnyPool, SqlSafeStr};

use super::Database;

/// The table that records the applied migrations. Another program may use sqlx's usual name.
const TABLE: &str = "enhancer_migrations";

/// The migrations in order. Do not change the text of a released one: sqlx compares
/// checksums, and rejects a database that was migrated with another text.
fn migrations(database: Database) -> Vec<Migration> {
    let clock = match database {
        Database::Sqlite => include_str!("../../../migrations/0002_clock.sqlite.sql"),
        Database::Postgres => include_str!("../../../migrations/0002_clock.postgres.sql"),
    };
    let migration = |version, name: &'static str, sql: &'static str| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    vec![
        migration(1, "jobs", include_str!("../../../migrations/0001_jobs.sql")),
        migration(2, "clock", clock),
        migration(3, "queue", include_str!("../../../migrations/0003_queue.sql")),
        migration(4, "suspects", include_str!("../../../migrations/0004_suspects.sql")),
        migration(5, "redelivery", include_str!("../../../migrations/0005_redelivery.sql")),
        migration(6, "client", include_str!("../../../migrations/0006_client.sql")),
        migration(7, "begun", include_str!("../../../migrations/0007_begun.sql")),
        migration(8, "listing", include_str!("../../../migrations/0008_listing.sql")),
    ]
}

/// Brings the tables to what this version expects. If several processes start together,
/// one of them migrates and the others wait.
///
/// # Errors
/// If a migration fails, or if a later version has migrated the database.
pub(super) async fn migrate(
    pool: &AnyPool,
    database: Database,
) -> Result<(), sqlx::migrate::MigrateError> {
    let mut migrator = Migrator::with_migrations(migrations(database));
    migrator.dangerous_set_table_name(TABLE);
    migrator.run(pool).await
}
