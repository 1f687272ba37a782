-- What only a superuser makes.
CREATE FUNCTION on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN NULL; END $$;
CREATE EVENT TRIGGER watch ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION on_ddl();
ALTER EVENT TRIGGER watch DISABLE;
CREATE EXTENSION postgres_fdw;
CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'nowhere.invalid');
CREATE FOREIGN TABLE far_away(x int) SERVER far;
CREATE FUNCTION outer_power(int) RETURNS int LANGUAGE internal AS 'int4abs';
ALTER TABLE parent OWNER TO "an owner";
ALTER SCHEMA "Odd schema" OWNER TO "an owner";
