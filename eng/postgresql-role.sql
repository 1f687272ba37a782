-- Usage: psql -v role=holdfast -f eng/postgresql-role.sql - makes the roles that Holdfast needs, and none that may more. Run it as a superuser on the primary,
-- version 14 or newer; then set two passwords: \password holdfast, \password holdfast_restore
\set restore :role _restore
\set owner :restore _owner
-- Backs every database up, and makes the databases that restores load.
CREATE ROLE :"role" LOGIN CREATEDB BYPASSRLS;
-- All tables, views and sequences, those that come later too. Writes nothing.
GRANT pg_read_all_data TO :"role";
-- Sizes of databases that it may not connect to.
GRANT pg_read_all_stats TO :"role";
-- Loads dumps: functions of whoever owned the database run then, with the rights of this role. So it has none, and never is a member of any other.
CREATE ROLE :"restore" LOGIN;
-- Owns what was restored, until you give it to somebody else.
CREATE ROLE :"owner" NOLOGIN;
GRANT :"restore", :"owner" TO :"role";
-- Holdfast tells what went wrong by the words of the server, in English.
ALTER ROLE :"role" SET lc_messages = 'C';
ALTER ROLE :"restore" SET lc_messages = 'C';
-- By default everybody may connect to every database; where that was taken away:
--   GRANT CONNECT ON DATABASE name TO holdfast;
-- Large objects have grants of their own until version 18. Where databases have some, they are read by whoever may read at all with
--   ALTER ROLE holdfast SET lo_compat_privileges = on;   -- which lets this role change and delete large objects, too
