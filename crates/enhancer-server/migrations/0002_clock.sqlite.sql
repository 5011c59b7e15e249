-- The only clock of all statements: ms since 1970.
CREATE VIEW enhancer_clock (now) AS
    SELECT CAST(ROUND(unixepoch('subsec') * 1000) AS INTEGER);
