-- Usage: psql -v role=holdfast -f eng/postgresql-role.sql - makes a role that may back every database up and restore into new ones, and no more. Run it
-- as a superuser on the primary, version 14 or newer; then set its password: \password holdfast
CREATE ROLE :"role" LOGIN CREATEDB BYPASSRLS;
-- All tables, views and sequences, those that come later too. Writes nothing.
GRANT pg_read_all_data TO :"role";
-- Sizes of databases that it may not connect to.
GRANT pg_read_all_stats TO :"role";
-- Holdfast tells what went wrong by the words of the server, in English.
ALTER ROLE :"role" SET lc_messages = 'C';
-- By default everybody may connect to every database; where that was taken away:
--   GRANT CONNECT ON DATABASE name TO holdfast;
-- Large objects have grants of their own until version 18. Where databases have some, they are read by whoever may read at all with
--   ALTER ROLE holdfast SET lo_compat_privileges = on;   -- which lets this role change and delete large objects, too
