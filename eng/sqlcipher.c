/* Runs the SQL of standard input on an encrypted database, which is made where it is missing: sqlcipher DATABASE KEYFILE.
   KEYFILE holds 64 hexadecimal digits. Samples and tests need it: the sqlite3 program cannot write such files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct sqlite3 sqlite3;
int sqlite3_open(const char *, sqlite3 **);
int sqlite3_close(sqlite3 *);
int sqlite3_key_v2(sqlite3 *, const char *, const void *, int);
int sqlite3_exec(sqlite3 *, const char *, int (*)(void *, int, char **, char **), void *, char **);

static int show(void *unused, int columns, char **values, char **names) {
  (void)unused, (void)names;
  for (int i = 0; i < columns; i++) printf("%s%s", i ? "|" : "", values[i] ? values[i] : "");
  return putchar('\n') == EOF;
}

static int run(sqlite3 *db, const char *sql) {
  char *error = NULL;
  if (sqlite3_exec(db, sql, show, NULL, &error) == 0) return 1;
  fprintf(stderr, "%s\n", error);
  return 0;
}

int main(int count, char **arguments) {
  static char sql[1 << 20], hex[65], key[80];
  sqlite3 *db;
  FILE *file = count == 3 ? fopen(arguments[2], "r") : NULL;
  if (!file || fscanf(file, "%64s", hex) != 1 || strlen(hex) != 64) return fprintf(stderr, "usage: sqlcipher DATABASE KEYFILE <SQL\n"), 2;
  sql[fread(sql, 1, sizeof sql - 1, stdin)] = 0;
  int length = snprintf(key, sizeof key, "x'%s'", hex);
  if (sqlite3_open(arguments[1], &db) || !run(db, "PRAGMA cipher='sqlcipher'; PRAGMA legacy=4;") || sqlite3_key_v2(db, NULL, key, length)) return 1;
  int good = run(db, sql);
  return sqlite3_close(db) || !good;
}
