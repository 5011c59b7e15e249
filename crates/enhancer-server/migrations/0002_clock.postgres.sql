-- The only clock of all statements: ms since 1970.
CREATE VIEW enhancer_clock (now) AS
    SELECT CAST(ROUND(EXTRACT(EPOCH FROM clock_timestamp()) * 1000) AS BIGINT);
